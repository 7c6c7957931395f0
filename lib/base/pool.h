/*
 * A thread pool owned by one model or session, never global. Tasks are numbered; each
 * thread begins with a share that is the same in each run of as many tasks, but which thread runs a
 * task is chance, so a task must depend on its number alone: that is what makes results equal for
 * any number of threads.
 */
#ifndef TL_BASE_POOL_H
#define TL_BASE_POOL_H

#include "base/error.h"

typedef struct tl_pool tl_pool;

/* `threads` including the caller; 0 takes the number of processors this process may run on. */
tlstm_status tl_pool_new(size_t threads, tl_pool **pool, tlstm_error **error);
void tl_pool_free(tl_pool *pool);
size_t tl_pool_threads(const tl_pool *pool);

/* Runs task(context, number, thread) for each number below `count`, `thread` below
 * tl_pool_threads(); returns when all are done. The caller works too. Not reentrant. */
typedef void tl_task(void *context, size_t number, size_t thread);
void tl_pool_run(tl_pool *pool, size_t count, tl_task *task, void *context);

#endif
