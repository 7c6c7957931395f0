/*
 * Damaged, unusual and unsupported files: each is refused with an error that says why, or read, and
 * never makes the program crash or hang. Each is opened in a process of its own.
 *
 * What edge-files.json expects of a file (accept, refuse, either) must be met too.
 */
#define _XOPEN_SOURCE 700
#include "golden.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_PREDICT 2e-6
#define SECONDS 60

/* What the child found, told by its exit status. */
enum { READ = 10, REFUSED = 11, DUMB = 12, PREDICTS_OTHER = 13 };

/* "<path>:<place>", and the path alone where nothing in the file can be opened. */
static int names_place(const char *where, const char *path) {
    size_t length = strlen(path);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    int has_places = file >= 0 || (strstr(path, ".keras") && where[length] == ':');
    if (file >= 0)
        H5Fclose(file);
    return strncmp(where, path, length) == 0 &&
           (has_places ? where[length] == ':' && where[length + 1] : !where[length]);
}

/* A refusal must carry a known status and one line that names the place and says why. */
static int judge_refusal(tlstm_status status, const tlstm_error *error, const char *path) {
    const char *where = tlstm_error_where(error), *message = tlstm_error_message(error);
    int known = strcmp(tlstm_status_text(status), tlstm_status_text(-9999)) != 0;
    int says_why = strlen(message) > 5 && tlstm_error_code(error) == status;
    int one_line = !strchr(where, '\n') && !strchr(message, '\n');
    printf("    %s: %s\n", where, message);
    return known && says_why && one_line && names_place(where, path) &&
                   status != TLSTM_ERROR_INTERNAL
               ? REFUSED
               : DUMB;
}

/* A file that should be accepted must give the sound file's predictions. */
static int judge_predictions(const tlstm_model *model, hid_t expected) {
    tlstm_array *x = golden_read(expected, "x");
    tlstm_array *theirs = golden_read(expected, "predict");
    tlstm_array *ours = NULL;
    int same = tlstm_model_predict(model, x, NULL, &ours, NULL) == TLSTM_OK &&
               golden_distance(ours, theirs) <= LIMIT_PREDICT;
    tlstm_array_free(ours);
    tlstm_array_free(theirs);
    tlstm_array_free(x);
    return same ? READ : PREDICTS_OTHER;
}

/* A weights file has no configuration: it goes into the sound model. */
static tlstm_status load(const char *path, const char *sound, int weights_only, tlstm_model **model,
                         tlstm_error **error) {
    if (!weights_only)
        return tlstm_model_load(path, model, error);
    tlstm_status status = tlstm_model_load(sound, model, error);
    return status == TLSTM_OK ? tlstm_model_load_weights(*model, path, error) : status;
}

static int in_child(const char *root, const char *name, const char *expected_file,
                    int must_accept) {
    char path[1024], sound[1024], numbers[1024];
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    snprintf(path, sizeof path, "%.800s/%.150s", root, name);
    snprintf(sound, sizeof sound, "%.900s/base.h5", root);
    snprintf(numbers, sizeof numbers, "%.800s/%.150s", root, expected_file);
    alarm(SECONDS);
    tlstm_status status = load(path, sound, strcmp(name, "weights-only.h5") == 0, &model, &error);
    int verdict = status != TLSTM_OK ? judge_refusal(status, error, path) : READ;
    if (status == TLSTM_OK) {
        hid_t expected = H5Fopen(numbers, H5F_ACC_RDONLY, H5P_DEFAULT);
        int same = judge_predictions(model, expected);
        verdict = must_accept ? same : READ;
        H5Fclose(expected);
    }
    tlstm_error_free(error);
    tlstm_model_free(model);
    return verdict;
}

static void report(const golden_case *one, const char *expect, int verdict) {
    int accepted = verdict == READ || verdict == PREDICTS_OTHER;
    if (verdict == DUMB)
        golden_fail(one, "refused", "without a clear reason and place");
    else if (verdict == PREDICTS_OTHER)
        golden_fail(one, "read", "predicts something else");
    else if (strcmp(expect, "accept") == 0 && !accepted)
        golden_fail(one, "refused", "should be read");
    else if (strcmp(expect, "refuse") == 0 && accepted)
        golden_fail(one, "read", "should be refused");
    else
        golden_report(one, accepted ? "read" : "refused", 0, 0);
}

static void check_file(const char *root, const json_t *entry) {
    golden_case one = {.expected = -1};
    const char *name = json_string_value(json_object_get(entry, "file"));
    const char *expect = json_string_value(json_object_get(entry, "expect"));
    const char *expected = json_string_value(json_object_get(entry, "expected"));
    int status = 0;
    snprintf(one.name, sizeof one.name, "%.150s", name);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int verdict = in_child(root, name, expected ? expected : "expected.h5",
                               strcmp(expect, "accept") == 0);
        fflush(stdout);
        _exit(verdict);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        golden_fail(&one, "edge file", "cannot start a process");
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        golden_fail(&one, "edge file", "still running after %d s", SECONDS);
    else if (WIFSIGNALED(status))
        golden_fail(&one, "edge file", "killed by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) < READ || WEXITSTATUS(status) > PREDICTS_OTHER)
        golden_fail(&one, "edge file", "ended with status %d", WEXITSTATUS(status));
    else
        report(&one, expect, WEXITSTATUS(status));
}

void golden_check_edge_files(const char *root) {
    char folder[1024], path[1024];
    snprintf(folder, sizeof folder, "%.800s/edge-files", root);
    snprintf(path, sizeof path, "%.900s/edge-files.json", folder);
    json_t *entries = json_load_file(path, 0, NULL);
    size_t index;
    json_t *entry;
    json_array_foreach(entries, index, entry) check_file(folder, entry);
    json_decref(entries);
}
