/*
 * Compares the library with real Keras:
 *
 *     test_golden GROUP shared|archive|odd
 *
 * `shared` reads the reference data beside the source tree ($TINYLSTM_SHARED, else ../shared),
 * `archive` the project's own cases, which the build unpacks, `odd` its own edge files. A group
 * whose data is absent is skipped. $TINYLSTM_GENERATIONS is where make_generations.py has put more
 * than is in the archive. TINYLSTM_GOLDEN_ONLY=lstm restricts the run to cases with "lstm" in their
 * names.
 */
#define _XOPEN_SOURCE 700
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_SKIPPED 77

typedef struct case_group {
    const char *name;
    golden_check *check;
} case_group;

static const case_group groups[] = {
    {"predict", golden_check_predict},     {"sessions", golden_check_sessions},
    {"gradients", golden_check_gradients}, {"trajectories", golden_check_trajectories},
    {"roundtrip", golden_check_roundtrip}, {"stateful", golden_check_stateful},
};

static int skip(const char *reason, const char *path) {
    printf("skipped: %s (%s)\n", reason, path);
    return EXIT_SKIPPED;
}

static const char *shared_root(void) {
    const char *root = getenv("TINYLSTM_SHARED");
    return root && *root ? root : GOLDEN_SHARED;
}

static int exists(const char *root, const char *relative) {
    char path[1024];
    snprintf(path, sizeof path, "%.800s/%.200s", root, relative);
    return access(path, R_OK) == 0;
}

static int run_cases(const case_group *group, const char *root) {
    if (access(root, R_OK) != 0)
        return skip("no golden cases", root);
    size_t cases = golden_each_case(root, group->check);
    printf("\n%zu cases below %s\n", cases, root);
    return golden_finish();
}

static int run_special(const char *name, const char *root, const char *shared) {
    if (strcmp(name, "imdb-trajectory") == 0) {
        if (!exists(shared, "golden/imdb-trajectory") || !exists(shared, "imdb/imdb.npz"))
            return skip("no IMDB data or no recorded training on it", shared);
        golden_check_imdb(shared);
    } else if (strcmp(name, "keras-h5") == 0) {
        if (!exists(shared, "keras-h5"))
            return skip("no genuine third-party files", shared);
        golden_check_genuine(shared, GOLDEN_ARCHIVE);
    } else if (strcmp(name, "generations") == 0) {
        const char *other = getenv("TINYLSTM_GENERATIONS");
        if (!golden_check_generations(other && *other ? other : GOLDEN_GENERATIONS))
            return skip("no files of the generations", GOLDEN_GENERATIONS);
    } else if (strcmp(name, "edge-files") == 0) {
        if (!exists(root, "edge-files/edge-files.json"))
            return skip("no edge files", root);
        golden_check_edge_files(root);
    } else {
        fprintf(stderr, "test_golden: unknown group %s\n", name);
        return 2;
    }
    return golden_finish();
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: test_golden GROUP shared|archive|odd\n");
        return 2;
    }
    char root[1024];
    const char *shared = shared_root();
    if (strcmp(arguments[2], "shared") == 0)
        snprintf(root, sizeof root, "%.900s/golden", shared);
    else
        snprintf(root, sizeof root, "%s",
                 strcmp(arguments[2], "odd") == 0 ? GOLDEN_ODD : GOLDEN_ARCHIVE);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (strcmp(arguments[1], groups[i].name) == 0)
            return run_cases(&groups[i], root);
    return run_special(arguments[1], root, shared);
}
