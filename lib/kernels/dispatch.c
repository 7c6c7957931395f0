/* Which kernels to run: those for the best instruction set that was compiled in and works here. */
#include "kernels/kernels.h"

#include "kernels/simd/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#ifdef TL_HAVE_AVX512
extern const tl_kernels tl_kernels_avx512;
#endif
#ifdef TL_HAVE_AVX2
extern const tl_kernels tl_kernels_avx2;
#endif
#ifdef TL_HAVE_NEON
extern const tl_kernels tl_kernels_neon;
#endif
#ifdef TL_HAVE_BASELINE
extern const tl_kernels tl_kernels_baseline;
#endif

/* Best first; each set's needs include those of the sets after it, and the last one needs nothing.
 */
static const tl_kernels *const tl_kernel_sets[] = {
#ifdef TL_HAVE_AVX512
    &tl_kernels_avx512,
#endif
#ifdef TL_HAVE_AVX2
    &tl_kernels_avx2,
#endif
#ifdef TL_HAVE_NEON
    &tl_kernels_neon,
#endif
#ifdef TL_HAVE_BASELINE
    &tl_kernels_baseline,
#endif
};

static const size_t set_count = sizeof(tl_kernel_sets) / sizeof(tl_kernel_sets[0]);

static int runs_here(const tl_kernels *set) {
#ifdef TL_HAVE_AVX512
    if (set == &tl_kernels_avx512)
        return cpu_has_avx512();
#endif
#ifdef TL_HAVE_AVX2
    if (set == &tl_kernels_avx2)
        return cpu_has_avx2();
#endif
    (void)set;
    return 1;
}

size_t tl_kernels_available(const tl_kernels *const **tables) {
    size_t first = 0;
    while (first < set_count - 1 && !runs_here(tl_kernel_sets[first]))
        first++;
    *tables = tl_kernel_sets + first;
    return set_count - first;
}

/* The set TINYLSTM_ISA names. A set that is unknown or cannot run here gives the best that can. */
static const tl_kernels *choose(void) {
    const tl_kernels *const *sets;
    size_t count = tl_kernels_available(&sets);
    const char *wanted = getenv("TINYLSTM_ISA");
    for (size_t i = 0; wanted && i < count; i++)
        if (strcmp(sets[i]->name, wanted) == 0)
            return sets[i];
    return sets[0];
}

const tl_kernels *tl_kernels_get(void) {
    /* Threads that come first at the same time may each choose; the first to be done decides for
     * all. */
    static _Atomic(const tl_kernels *) chosen;
    const tl_kernels *kernels = atomic_load_explicit(&chosen, memory_order_acquire);
    if (kernels)
        return kernels;
    const tl_kernels *mine = choose();
    return atomic_compare_exchange_strong(&chosen, &kernels, mine) ? mine : kernels;
}

const char *tl_kernels_isa(void) {
    return tl_kernels_get()->name;
}

const tl_kernels *tl_kernels_for_units(size_t units) {
    const tl_kernels *kernels = tl_kernels_get();
#if defined(TL_HAVE_AVX512) && defined(TL_HAVE_AVX2)
    if (kernels == &tl_kernels_avx512 && units <= tl_kernels_avx2.lanes)
        return &tl_kernels_avx2;
#else
    (void)units;
#endif
    return kernels;
}
