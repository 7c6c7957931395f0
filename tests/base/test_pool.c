#define _XOPEN_SOURCE 700
#include "support.h"

#include "base/alloc.h"
#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

typedef struct work {
    size_t *times; /* each task was run */
    atomic_size_t run;
    size_t threads;
    atomic_int wrong; /* a thread number out of range, or an unblocked signal in a worker */
} work;

static void count_task(void *context, size_t number, size_t thread) {
    work *state = context;
    sigset_t blocked;
    state->times[number]++; /* without a lock: no two threads may get one task */
    atomic_fetch_add(&state->run, 1);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    if (thread >= state->threads || (thread > 0 && !sigismember(&blocked, SIGINT)))
        atomic_store(&state->wrong, 1);
}

static void run_often(size_t threads, size_t runs) {
    tl_pool *pool = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_pool_new(threads, &pool, &error), error);
    if (threads)
        ck_assert_uint_eq(tl_pool_threads(pool), threads);
    else
        ck_assert_uint_ge(tl_pool_threads(pool), 1);
    for (size_t i = 0; i < runs; i++) {
        size_t count = i * 7 % 64;
        size_t *times = calloc(count + 1, sizeof(*times));
        work state = {.times = times, .threads = tl_pool_threads(pool)};
        tl_pool_run(pool, count, count_task, &state);
        ck_assert_uint_eq(atomic_load(&state.run), count);
        ck_assert_int_eq(atomic_load(&state.wrong), 0);
        for (size_t k = 0; k < count; k++)
            ck_assert_uint_eq(times[k], 1);
        free(times);
        if (i % 100 == 99) { /* long enough for the workers to fall asleep */
            struct timespec pause = {0, 2000000};
            nanosleep(&pause, NULL);
        }
    }
    tl_pool_free(pool);
}

START_TEST(every_task_runs_once) {
    for (size_t threads = 0; threads <= 5; threads++)
        run_often(threads, 1000);
    ck_assert_uint_eq(tl_alloc_count(), 0);
}
END_TEST

START_TEST(an_idle_pool_ends) {
    for (int i = 0; i < 50; i++) {
        tl_pool *pool = NULL;
        ck_assert_int_eq(tl_pool_new(3, &pool, NULL), TLSTM_OK);
        tl_pool_free(pool);
    }
    tl_pool_free(NULL);
}
END_TEST

typedef struct order {
    pthread_t caller;
    size_t next;
    int wrong;
} order;

static void check_order(void *context, size_t number, size_t thread) {
    order *seen = context;
    if (number != seen->next++ || thread != 0 || !pthread_equal(seen->caller, pthread_self()))
        seen->wrong = 1;
}

START_TEST(one_thread_is_the_caller_in_order) {
    tl_pool *pool = NULL;
    order seen = {pthread_self(), 0, 0};
    ck_assert_int_eq(tl_pool_new(1, &pool, NULL), TLSTM_OK);
    tl_pool_run(pool, 10, check_order, &seen);
    ck_assert_uint_eq(seen.next, 10);
    ck_assert_int_eq(seen.wrong, 0);
    tl_pool_free(pool);
}
END_TEST

static void meet(void *context, size_t number, size_t thread) {
    atomic_int *arrived = context;
    (void)number;
    (void)thread;
    atomic_fetch_add(arrived, 1);
    while (atomic_load(arrived) < 2) {
        struct timespec pause = {0, 100000};
        nanosleep(&pause, NULL);
    }
}

/* Two tasks that wait for each other end only when two threads run them. */
START_TEST(tasks_run_at_the_same_time) {
    tl_pool *pool = NULL;
    ck_assert_int_eq(tl_pool_new(2, &pool, NULL), TLSTM_OK);
    for (int i = 0; i < 20; i++) {
        atomic_int arrived;
        atomic_init(&arrived, 0);
        tl_pool_run(pool, 2, meet, &arrived);
    }
    tl_pool_free(pool);
}
END_TEST

static tlstm_status make_pool(void *context, tlstm_error **error) {
    tl_pool *pool = NULL;
    (void)context;
    tlstm_status status = tl_pool_new(3, &pool, error);
    tl_pool_free(pool);
    return status;
}

START_TEST(a_pool_without_memory_is_an_error) {
    tl_test_fail_each_allocation(make_pool, NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("pool");
    TCase *tests = tcase_create("pool");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, every_task_runs_once);
    tcase_add_test(tests, an_idle_pool_ends);
    tcase_add_test(tests, one_thread_is_the_caller_in_order);
    tcase_add_test(tests, tasks_run_at_the_same_time);
    tcase_add_test(tests, a_pool_without_memory_is_an_error);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
