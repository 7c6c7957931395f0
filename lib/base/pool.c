/*
 * The thread pool. Each thread has a share of a run's tasks, always the same by their numbers, so
 * that it finds in its caches what it left there in the run before; who has done its share takes
 * from the others'. A share has a number of tasks that nobody has claimed yet, `unclaimed`, and the
 * run a number not finished yet, `unfinished`. Who lowers `unclaimed` owns a task, and the run
 * cannot end before that task is finished: so its description may be read without a lock, and a
 * worker that the system does not schedule holds nobody up.
 */
#define _GNU_SOURCE 1
#include "base/pool.h"

#include "base/alloc.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

/* A little more than the work between two passes over a small batch, which waking a thread would
 * double. */
#define SPIN_NANOSECONDS 50000

/* A thread, the caller being the first, and its share of the tasks. Each atomic that different
 * threads write, here and below, has a cache line of its own. */
typedef struct worker {
    tl_pool *pool;
    size_t thread;
    pthread_t handle; /* not the caller's */
    _Alignas(TL_ALIGNMENT) atomic_size_t unclaimed;
    size_t end;        /* the last task's number + 1 */
    atomic_int sleeps; /* it waits for `work` */
} worker;

struct tl_pool {
    size_t threads;
    size_t started;  /* threads that run beside the caller, all others in a whole pool */
    worker *workers; /* [threads] */
    pthread_mutex_t mutex;
    pthread_cond_t work; /* a share has unclaimed tasks, or stop */
    pthread_cond_t done; /* unfinished == 0 */
    tl_task *task;
    void *context;
    _Alignas(TL_ALIGNMENT) atomic_size_t unfinished;
    _Alignas(TL_ALIGNMENT) atomic_int caller_sleeps;
    atomic_int stop;
};

static void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int work_is_there(worker *self) {
    return atomic_load(&self->unclaimed) != 0 || atomic_load(&self->pool->stop);
}

static int all_is_done(worker *self) {
    return atomic_load(&self->pool->unfinished) == 0;
}

/* Whether `condition` came true within the time a wait may spin. */
static int spin(worker *self, int (*condition)(worker *)) {
    int64_t end = now() + SPIN_NANOSECONDS;
    do
        for (int i = 0; i < 32; i++) {
            if (condition(self))
                return 1;
            pause_briefly();
        }
    while (now() < end);
    return 0;
}

static int claim(worker *from, size_t *number) {
    size_t left = atomic_load(&from->unclaimed);
    while (left != 0)
        if (atomic_compare_exchange_weak(&from->unclaimed, &left, left - 1)) {
            *number = from->end - left;
            return 1;
        }
    return 0;
}

/* Tasks are counted off all at once: each time the line travels between processors. */
static void work_off_share(const worker *self, worker *from) {
    tl_pool *pool = self->pool;
    size_t number, finished = 0;
    for (; claim(from, &number); finished++)
        pool->task(pool->context, number, self->thread);
    /* The sequence "unfinished, then caller_sleeps" here and "caller_sleeps, then unfinished" in
     * wait_for_end() leaves no gap in which a wake-up could be lost. */
    if (finished > 0 && atomic_fetch_sub(&pool->unfinished, finished) == finished &&
        atomic_load(&pool->caller_sleeps)) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_signal(&pool->done);
        pthread_mutex_unlock(&pool->mutex);
    }
}

/* A thread's own share, then what is left of the others'. */
static void work_off(const worker *self) {
    const tl_pool *pool = self->pool;
    for (size_t i = 0; i < pool->threads; i++)
        work_off_share(self, &pool->workers[(self->thread + i) % pool->threads]);
}

static void wait_for_work(worker *self) {
    tl_pool *pool = self->pool;
    if (spin(self, work_is_there))
        return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&self->sleeps, 1);
    while (!work_is_there(self))
        pthread_cond_wait(&pool->work, &pool->mutex);
    atomic_store(&self->sleeps, 0);
    pthread_mutex_unlock(&pool->mutex);
}

static void wait_for_end(worker *self) {
    tl_pool *pool = self->pool;
    if (spin(self, all_is_done))
        return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->caller_sleeps, 1);
    while (!all_is_done(self))
        pthread_cond_wait(&pool->done, &pool->mutex);
    atomic_store(&pool->caller_sleeps, 0);
    pthread_mutex_unlock(&pool->mutex);
}

/* Those of the first `sharers` threads that sleep; others may go on sleeping. */
static void wake_workers(tl_pool *pool, size_t sharers) {
    int asleep = 0;
    for (size_t thread = 1; thread < sharers; thread++)
        asleep |= atomic_load(&pool->workers[thread].sleeps);
    if (!asleep)
        return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
}

static void *run_worker(void *argument) {
    worker *self = argument;
    while (!atomic_load(&self->pool->stop)) {
        work_off(self);
        wait_for_work(self);
    }
    return NULL;
}

static void hand_out(tl_pool *pool, size_t count, size_t sharers) {
    size_t first = 0;
    for (size_t thread = 0; thread < sharers; thread++) {
        const size_t end = count * (thread + 1) / sharers;
        pool->workers[thread].end = end;
        atomic_store(&pool->workers[thread].unclaimed, end - first);
        first = end;
    }
}

void tl_pool_run(tl_pool *pool, size_t count, tl_task *task, void *context) {
    if (pool->threads == 1 || count <= 1) {
        for (size_t number = 0; number < count; number++)
            task(context, number, 0);
        return;
    }
    /* Of few tasks the first threads have one each. */
    const size_t sharers = count < pool->threads ? count : pool->threads;
    pool->task = task;
    pool->context = context;
    atomic_store(&pool->unfinished, count);
    hand_out(pool, count, sharers);
    wake_workers(pool, sharers);
    work_off(pool->workers);
    wait_for_end(pool->workers);
}

static size_t processors(void) {
#if defined(__linux__)
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0 && CPU_COUNT(&allowed) > 0)
        return (size_t)CPU_COUNT(&allowed);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (size_t)online : 1;
}

/* Workers block all signals: the program's handlers run in the program's threads. */
static tlstm_status start_workers(tl_pool *pool, tlstm_error **error) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = 0;
    while (!failure && pool->started + 1 < pool->threads) {
        worker *next = &pool->workers[pool->started + 1];
        failure = pthread_create(&next->handle, NULL, run_worker, next);
        pool->started += !failure;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure)
        return tl_fail(error, TLSTM_ERROR_MEMORY, "threads",
                       "the system starts no more than %zu of %zu threads", pool->started + 1,
                       pool->threads);
    return TLSTM_OK;
}

static tl_pool *make_pool(size_t threads) {
    tl_pool *pool = tl_alloc_zero(1, sizeof(*pool));
    worker *workers = tl_alloc_zero(threads, sizeof(*workers));
    if (!pool || !workers) {
        tl_free(workers);
        tl_free(pool);
        return NULL;
    }
    pool->threads = threads;
    pool->workers = workers;
    for (size_t thread = 0; thread < threads; thread++) {
        workers[thread].pool = pool;
        workers[thread].thread = thread;
        atomic_init(&workers[thread].unclaimed, 0);
        atomic_init(&workers[thread].sleeps, 0);
    }
    atomic_init(&pool->unfinished, 0);
    atomic_init(&pool->caller_sleeps, 0);
    atomic_init(&pool->stop, 0);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    return pool;
}

tlstm_status tl_pool_new(size_t threads, tl_pool **pool, tlstm_error **error) {
    tl_pool *made = make_pool(threads ? threads : processors());
    if (!made)
        return tl_fail_memory(error);
    tlstm_status status = start_workers(made, error);
    if (status) {
        tl_pool_free(made);
        return status;
    }
    *pool = made;
    return TLSTM_OK;
}

void tl_pool_free(tl_pool *pool) {
    if (!pool)
        return;
    atomic_store(&pool->stop, 1);
    wake_workers(pool, pool->threads);
    for (size_t i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i + 1].handle, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->mutex);
    tl_free(pool->workers);
    tl_free(pool);
}

size_t tl_pool_threads(const tl_pool *pool) {
    return pool->threads;
}
