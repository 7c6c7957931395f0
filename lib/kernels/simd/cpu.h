/* What the processor can run and the operating system saves at a task switch. */
#ifndef TL_KERNELS_SIMD_CPU_H
#define TL_KERNELS_SIMD_CPU_H

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

/* Bits of XCR0: the registers whose upper parts survive a task switch. */
#define XCR0_AVX 0x06u    /* xmm, ymm */
#define XCR0_AVX512 0xe6u /* and the masks, zmm */

/* The features of CPUID leaf 7 that the kernels are compiled for. */
#define LEAF7_AVX2 bit_AVX2
#define LEAF7_AVX512 (bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL)

static inline unsigned cpu_saved_registers(void) {
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

/* Whether leaf 1 has AVX and FMA, leaf 7 all bits of `leaf7`, and XCR0 all of `saved`. */
static inline int cpu_has(unsigned leaf7, unsigned saved) {
    const unsigned needed = bit_OSXSAVE | bit_AVX | bit_FMA;
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & needed) != needed)
        return 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & leaf7) != leaf7)
        return 0;
    return (cpu_saved_registers() & saved) == saved;
}

static inline int cpu_has_avx2(void) {
    return cpu_has(LEAF7_AVX2, XCR0_AVX);
}

static inline int cpu_has_avx512(void) {
    return cpu_has_avx2() && cpu_has(LEAF7_AVX512, XCR0_AVX512);
}

#endif
#endif
