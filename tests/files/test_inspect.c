/* Reports of files: of every kind that Keras writes, of damaged ones, and of ones that are no
 * models. What they say is compared with the files themselves, and with what loading says. */
#define _XOPEN_SOURCE 700
#include "support.h"

#include "base/alloc.h"
#include "files/format.h"
#include "files/inspect.h"
#include "model/summary.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *inspect(const char *path) {
    char *report = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_file_inspect(path, &report, &error), error);
    return report;
}

static const char *last_line(const char *report) {
    size_t length = strlen(report);
    ck_assert(length > 1 && report[length - 1] == '\n');
    const char *line = report + length - 1;
    while (line > report && line[-1] != '\n')
        line--;
    return line;
}

static void assert_has(const char *path, const char *report, const char *line) {
    char whole[512];
    snprintf(whole, sizeof(whole), "\n%s\n", line);
    ck_assert_msg(strstr(report, whole) != NULL, "%s: no line \"%s\" in\n%s", path, line, report);
}

static void assert_lines(const char *path, const char *const *lines) {
    char *report = inspect(path);
    for (; *lines; lines++)
        assert_has(path, report, *lines);
    tl_free(report);
}

/* ---- All files ---- */

static void assert_verdict(const char *path, const char *report) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    char wanted[4096] = "loads: yes\n";
    if (tl_model_load(path, &model, &error))
        snprintf(wanted, sizeof(wanted), "loads: no: %s: %s\n", tl_error_where(error),
                 tl_error_message(error));
    else if (model->note_count)
        snprintf(wanted, sizeof(wanted), "loads: yes, with %zu note%s\n", model->note_count,
                 model->note_count == 1 ? "" : "s");
    if (strspn(wanted, "\n\t\x1b") == 0)
        ck_assert_str_eq(last_line(report), wanted);
    tl_error_free(error);
    tl_model_free(model);
}

/* The parameters of a model that loads are all told, and no others. */
static void assert_parameters(const char *path, const char *report) {
    tlstm_model *model = NULL;
    int64_t all, trainable;
    char line[100];
    if (tl_model_load(path, &model, NULL))
        return;
    tl_model_count(model, &all, &trainable);
    snprintf(line, sizeof(line), "parameters: %lld in %zu weight%s", (long long)all,
             tl_model_weight_count(model), tl_model_weight_count(model) == 1 ? "" : "s");
    if (all)
        assert_has(path, report, line);
    tl_model_free(model);
}

/* The lines that scripts look for are never broken. */
static int is_unbroken(const char *line) {
    static const char *const keys[] = {
        "file: ", "loads: ", "ignored: ", "converted: ", "not restored: "};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strncmp(line, keys[i], strlen(keys[i])) == 0)
            return 1;
    return 0;
}

/* Others have 80 columns, but for a word that is longer. */
static void assert_width(const char *path, const char *report) {
    for (const char *line = report, *end; (end = strchr(line, '\n')); line = end + 1) {
        const char *word = line + strspn(line, " ");
        size_t columns = 0;
        for (const char *at = line; at < end; at++)
            columns += ((unsigned char)*at & 0xC0) != 0x80;
        int breakable = memchr(word, ' ', (size_t)(end - word)) != NULL && !is_unbroken(line);
        ck_assert_msg(columns <= 80 || !breakable, "%s: %.*s", path, (int)(end - line), line);
    }
}

static void check_file(const char *path) {
    char *report = inspect(path);
    ck_assert_msg(strncmp(report, "file: ", 6) == 0, "%s: %s", path, report);
    ck_assert_msg(strstr(report, "\nkind: ") != NULL, "%s: %s", path, report);
    for (const char *at = report; *at; at++)
        ck_assert_msg((unsigned char)*at >= ' ' || *at == '\n', "%s: a control character", path);
    assert_width(path, report);
    assert_verdict(path, report);
    assert_parameters(path, report);
    tl_free(report);
}

static size_t check_folder(const char *folder) {
    DIR *files = opendir(folder);
    size_t count = 0;
    for (struct dirent *file; files && (file = readdir(files));) {
        char path[2048];
        snprintf(path, sizeof(path), "%s/%s", folder, file->d_name);
        if (file->d_name[0] == '.' || strncmp(file->d_name, "expected", 8) == 0 ||
            !(strstr(file->d_name, ".h5") || strstr(file->d_name, ".keras")))
            continue;
        check_file(path);
        count++;
    }
    if (files)
        closedir(files);
    return count;
}

START_TEST(edge_files) {
    ck_assert_uint_ge(check_folder(tl_test_shared("golden/edge-files")), 90);
}
END_TEST

START_TEST(genuine_files) {
    ck_assert_uint_ge(check_folder(tl_test_shared("keras-h5")), 18);
}
END_TEST

START_TEST(golden_files) {
    const char *root = tl_test_shared("golden");
    DIR *cases = opendir(root);
    size_t count = 0;
    for (struct dirent *one; cases && (one = readdir(cases));) {
        char folder[1024];
        snprintf(folder, sizeof(folder), "%s/%s", root, one->d_name);
        if (one->d_name[0] != '.' && strcmp(one->d_name, "edge-files") != 0)
            count += check_folder(folder);
    }
    if (cases)
        closedir(cases);
    ck_assert_uint_ge(count, 250);
}
END_TEST

/* ---- What is said of each kind ---- */

/* What h5dump says of this file. */
START_TEST(a_whole_model) {
    static const char *const lines[] = {
        "kind: whole model, legacy Keras HDF5 (.h5)",
        "written by: Keras 2.8.0, backend tensorflow",
        "read as: Keras 2",
        "layer: lstm_5 (LSTM) in /model_weights/lstm_5",
        "    units=8, activation=tanh, recurrent_activation=sigmoid",
        "    float32  (16, 32)       lstm_5/lstm_cell_5/kernel:0",
        "    float32  (32,)          lstm_5/lstm_cell_5/bias:0",
        "parameters: 8809 in 6 weights",
        "    iterations: 6260",
        "    slots: rms",
        "    state in /optimizer_weights: 7 data sets",
        "    int64    ()             RMSprop/iter:0 = 6260",
        "    float32  (8, 32)        RMSprop/lstm_5/lstm_cell_5/recurrent_kernel/rms:0",
        "loss: binary_crossentropy",
        "metrics: accuracy",
        NULL,
    };
    assert_lines(tl_test_shared("keras-h5/keras-2.8.0-best-lstm-model.h5"), lines);
}
END_TEST

/* Every layer that is refused says so, not the first alone. */
START_TEST(a_model_that_does_not_load) {
    static const char *const lines[] = {
        "layer: conv2d_3 (Conv2D) in /model_weights/conv2d_3",
        "    refused: conv2d_3: layers of class Conv2D are not supported",
        "    float32  (3, 3, 1, 32)  conv2d_3/kernel:0",
        "    refused: max_pooling2d_4: layers of class MaxPooling2D are not supported",
        "    float32  (3136, 100)    dense/kernel:0",
        "parameters: 333526 in 8 weights",
        "    iterations: 10500",
        "    float32  (10,)          Adam/dense_1/bias/v:0",
        "loss: sparse_categorical_crossentropy",
        NULL,
    };
    assert_lines(tl_test_shared("keras-h5/keras-2.2.4-tf-best-cnn-model.h5"), lines);
}
END_TEST

START_TEST(weights_alone) {
    static const char *const legacy[] = {
        "kind: weights only, legacy Keras HDF5 (.h5)",
        "written by: Keras 2.7.0, backend tensorflow",
        "layer: dense_8 in /dense_8",
        "    float32  (784, 100)     dense_8/kernel:0",
        "parameters: 79510 in 4 weights",
        NULL,
    };
    static const char *const third[] = {
        "kind: weights only, Keras weights (.weights.h5)",
        "written by: Keras 2.12 or later, the file does not say which",
        "layer: bidirectional in /layers/bidirectional",
        "    float32  (5, 20)        backward_layer/cell/vars/1",
        "parameters: 851 in 9 weights",
        "optimizer: the file does not say which",
        "    learning rate: 0.01",
        "    float32  (1,)           10",
        NULL,
    };
    assert_lines(tl_test_shared("keras-h5/keras-2.7.0-dense-model-weights.h5"), legacy);
    assert_lines(tl_test_shared("golden/bilstm-concat/model.weights.h5"), third);
}
END_TEST

START_TEST(an_archive) {
    static const char *const lines[] = {
        "kind: whole model, Keras archive (.keras)",
        "written by: Keras 3.15.1",
        "read as: Keras 3",
        "layer: lstm (LSTM) in /layers/lstm",
        "    float32  (8, 32)        cell/vars/1",
        "parameters: 8809 in 6 weights",
        "    iterations: 20",
        "    learning rate: 0.0001",
        "loss: BinaryCrossentropy",
        NULL,
    };
    assert_lines(tl_test_shared("golden/seed-lstm/model.keras"), lines);
}
END_TEST

/* Layers of one class are told apart by their order. */
START_TEST(layers_of_one_class) {
    static const char *const lines[] = {
        "layer: lstm (LSTM) in /layers/lstm",
        "layer: lstm_1 (LSTM) in /layers/lstm_1",
        NULL,
    };
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    static const char json[] =
        "{\"class_name\": \"Sequential\", \"config\": {\"layers\": [{\"class_name\": \"LSTM\", "
        "\"config\": {\"name\": \"lstm\", \"units\": 3, \"return_sequences\": true, "
        "\"batch_input_shape\": [null, 4, 2]}}, {\"class_name\": \"LSTM\", \"config\": {\"name\": "
        "\"lstm_1\", \"units\": 2}}]}}";
    TL_ASSERT_OK(tlstm_model_from_json(json, strlen(json), 1, &model, &error), error);
    TL_ASSERT_OK(tlstm_model_build(model, 0, NULL, &error), error);
    for (int kind = 0; kind < 3; kind++) {
        static const char *const names[] = {"two.keras", "two.weights.h5", "two.h5"};
        const char *path = tl_test_temporary(names[kind]);
        TL_ASSERT_OK(tlstm_model_save(model, path, NULL, &error), error);
        check_file(path);
        if (kind == 0)
            assert_lines(path, lines);
        char *report = inspect(path);
        ck_assert_msg(!strstr(report, "not used:"), "%s", report);
        tl_free(report);
    }
    tl_model_free(model);
}
END_TEST

/* ---- What is not used, and what is refused ---- */

START_TEST(the_rest) {
    static const char *const links[] = {
        "    ?        ?              lstm/lstm_cell/kernel:0\n"
        "        -> base-plain.h5:model_weights/lstm/lstm/lstm_cell/kernel:0",
        "        refused: is a link into another file, which is not followed",
        NULL,
    };
    static const char *const loop[] = {
        "not used:", "    loop                    /model_weights/lstm/loop", NULL};
    static const char *const more[] = {"not used:", "    1 attribute of the root",
                                       "    int64    (2,)           /zzz", NULL};
    static const char *const soft[] = {
        "    float32  (4, 20)        lstm/lstm_cell/kernel:0 -> /elsewhere", NULL};
    assert_lines(tl_test_shared("golden/edge-files/link-external.h5"), links);
    assert_lines(tl_test_shared("golden/edge-files/link-cycle.h5"), loop);
    assert_lines(tl_test_shared("golden/edge-files/extra-objects.h5"), more);
    assert_lines(tl_test_shared("golden/edge-files/link-soft.h5"), soft);
    char *report = inspect(tl_test_shared("golden/edge-files/link-soft.h5"));
    ck_assert_ptr_null(strstr(report, "not used:"));
    tl_free(report);
}
END_TEST

static hid_t new_file(const char *path) {
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(file >= 0);
    return file;
}

static void add_group(hid_t parent, const char *name) {
    hid_t group = H5Gcreate2(parent, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(group >= 0);
    H5Gclose(group);
}

static void add_set(hid_t parent, const char *name) {
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t set =
        H5Dcreate2(parent, name, H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(set >= 0);
    H5Dclose(set);
    H5Sclose(space);
}

/* Names may hold anything: nothing of it reaches the terminal as it is. */
START_TEST(names_are_escaped) {
    static const char *const lines[] = {
        "kind: HDF5, of no kind that Keras writes",
        "    float32  ()             /a\\x1b[2J\\nkind: mine = 0.0",
        "    float32  ()             /gr\xc3\xbc\xc3\x9f = 0.0",
        "    float32  ()             /turn\\xe2\\x80\\xaeed = 0.0",
        "    float32  ()             /wrong\\xff = 0.0",
        NULL,
    };
    const char *path = tl_test_temporary("names.h5");
    hid_t file = new_file(path);
    add_set(file, "a\x1b[2J\nkind: mine");
    add_set(file, "gr\xc3\xbc\xc3\x9f");
    add_set(file, "turn\xe2\x80\xae"
                  "ed");
    add_set(file, "wrong\xff");
    H5Fclose(file);
    assert_lines(path, lines);
}
END_TEST

/* Groups that hold one another, deep ones, and more than anyone reads. */
START_TEST(a_walk_ends) {
    const char *path = tl_test_temporary("endless.h5");
    hid_t file = new_file(path);
    add_group(file, "a");
    add_group(file, "a/b");
    ck_assert(H5Lcreate_hard(file, "/", file, "a/b/root", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    ck_assert(H5Lcreate_hard(file, "/a", file, "a/b/up", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    ck_assert(H5Lcreate_soft("/a", file, "soft", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    H5Fclose(file);
    static const char *const loops[] = {"    loop                    /a/b/root",
                                        "    loop                    /a/b/up",
                                        "    link                    /soft -> /a", NULL};
    assert_lines(path, loops);

    path = tl_test_temporary("deep.h5");
    file = new_file(path);
    char deep[400] = "";
    for (int i = 0; i < 100; i++) {
        strcat(deep, "/g");
        add_group(file, deep);
    }
    H5Fclose(file);
    static const char *const more[] = {"    ... and 1 more", NULL};
    assert_lines(path, more);

    path = tl_test_temporary("wide.h5");
    file = new_file(path);
    for (int i = 0; i < 350; i++) {
        snprintf(deep, sizeof(deep), "set%d", i);
        add_set(file, deep);
    }
    H5Fclose(file);
    static const char *const wide[] = {"    float32  ()             /set99 = 0.0",
                                       "    ... and 250 more", NULL};
    assert_lines(path, wide);
    char *report = inspect(path);
    ck_assert_ptr_null(strstr(report, "/set100"));
    tl_free(report);
}
END_TEST

/* ---- Damage ---- */

static char *read_all(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    char *bytes = malloc((size_t)1 << 22);
    *length = fread(bytes, 1, (size_t)1 << 22, file);
    fclose(file);
    return bytes;
}

static void cut_everywhere(const char *from, const char *name, size_t step) {
    size_t length = 0;
    char *bytes = read_all(from, &length);
    for (size_t cut = 0; cut < length; cut += step)
        check_file(tl_test_write(name, bytes, cut));
    free(bytes);
}

START_TEST(files_that_are_cut_off) {
    static const char *const half[] = {
        "damage: the file ends too early: 9492 bytes of 18984 are there",
        "kind: HDF5, so damaged that it cannot be opened",
        "layer: lstm (LSTM)",
        "    units=5, activation=tanh, recurrent_activation=sigmoid",
        NULL,
    };
    static const char *const archive[] = {
        "damage: the archive has no directory at its end: it is cut off",
        "written by: Keras 3.15.1",
        "damage: model.weights.h5 ends too early: 55985 bytes of 91820 are there",
        "layer: lstm (LSTM)",
        "    units=8, activation=tanh, recurrent_activation=sigmoid",
        NULL,
    };
    assert_lines(tl_test_shared("golden/edge-files/truncated-half.h5"), half);
    size_t length = 0;
    char *bytes = read_all(tl_test_shared("golden/seed-lstm/model.keras"), &length);
    assert_lines(tl_test_write("cut.keras", bytes, 60000), archive);
    free(bytes);
    cut_everywhere(tl_test_shared("golden/edge-files/base.h5"), "cut.h5", 97);
    cut_everywhere(tl_test_shared("golden/seed-lstm/model.keras"), "cut.keras", 1013);
}
END_TEST

START_TEST(damaged_configurations) {
    static const char *const broken[] = {
        "damage: model_config: not JSON: line 1, column 4: invalid token near 'this'",
        "layer: lstm in /model_weights/lstm", "parameters: 286 in 6 weights", NULL};
    static const char *const unnamed[] = {"damage: /model_weights: no layer_names",
                                          "    float32  (20,)          lstm/lstm_cell/bias:0",
                                          NULL};
    assert_lines(tl_test_shared("golden/edge-files/config-not-json.h5"), broken);
    assert_lines(tl_test_shared("golden/edge-files/missing-layer-names.h5"), unnamed);
}
END_TEST

/* ---- Files that are no models ---- */

/* A load that fails says the same kind; 1 where it knows one. */
static size_t names_kind(const char *path, const char *kind) {
    static const char begin[] = "no model file: ";
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    ck_assert_int_ne(tl_model_load(path, &model, &error), TLSTM_OK);
    const char *said = tl_error_message(error);
    size_t known = strncmp(said, begin, strlen(begin)) == 0;
    ck_assert_str_eq(known ? said + strlen(begin) : kind, kind);
    tl_error_free(error);
    return known;
}

START_TEST(other_files) {
    size_t known = 0;
    static const struct {
        const char *bytes;
        size_t length;
        const char *kind;
    } cases[] = {
        {"", 0, "kind: empty file"},
        {"Dear reader\n", 12, "kind: text"},
        {"\n <!DOCTYPE HTML><html>", 23,
         "kind: page of the web (HTML), such as a failed download leaves"},
        {"{\"a\": 1}", 8, "kind: JSON"},
        {"\x93NUMPY\1\0", 8, "kind: array of NumPy (.npy)"},
        {"\x1f\x8b\x08\0\0", 5, "kind: compressed by gzip: unpack it first"},
        {"version https://git-lfs.github.com/spec/v1\n", 43,
         "kind: pointer of Git LFS: the file itself was not fetched (git lfs pull)"},
        {"\xff\xfe{\0", 4, "kind: text in UTF-16"},
        {"{\"metadata\": {}}", 16,
         "kind: list of the parts of sharded weights, which are not supported"},
        {"PK\5\6\0\0", 6, "kind: zip archive without files"},
        {"[one]\n", 6, "kind: text"},
        {"PK\3\4 and no more", 16, "kind: zip archive, of no kind that Keras writes"},
        {"\1\2\3\0\4", 5, "kind: unknown"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = tl_test_write("other", cases[i].bytes, cases[i].length);
        const char *const lines[] = {cases[i].kind, NULL};
        assert_lines(path, lines);
        check_file(path);
        known += names_kind(path, cases[i].kind + strlen("kind: "));
    }
    ck_assert_uint_eq(known, 7);
    char *report = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tl_file_inspect(tl_test_temporary("absent"), &report, &error), TLSTM_ERROR_IO,
                    error, "absent");
    ck_assert_ptr_null(report);
}
END_TEST

/* Arrays without a model: what may be imported into one. */
START_TEST(arrays) {
    static const char *const torch[] = {"kind: arrays, which may be weights (.safetensors)",
                                        "arrays: 6", "    float16  (12, 4)        gru.weight_hh_l0",
                                        "parameters: 118 in 6 arrays", NULL};
    static const char *const numpy[] = {
        "kind: arrays, which may be weights (.npz)", "arrays: 11",
        "    float64  (20,)          sequential/lstm/lstm_cell/bias",
        "parameters: 504 in 11 arrays", NULL};
    static const char folder[] = TL_SOURCE_ROOT "/tests/files/weights/";
    char path[2][1024];
    snprintf(path[0], sizeof(path[0]), "%storch-gru-half.safetensors", folder);
    snprintf(path[1], sizeof(path[1]), "%skeras-unusual.npz", folder);
    assert_lines(path[0], torch);
    assert_lines(path[1], numpy);
    check_file(path[0]);
    check_file(path[1]);
}
END_TEST

START_TEST(a_configuration_alone) {
    static const char json[] =
        "{\"class_name\": \"Sequential\", \"keras_version\": \"2.15.0\", \"config\": {\"name\": "
        "\"mine\", \"layers\": [{\"class_name\": \"Dense\", \"config\": {\"name\": \"out\", "
        "\"units\": 3, \"activation\": \"relu\"}}]}}";
    static const char *const lines[] = {
        "kind: configuration of a model without weights, JSON (model.to_json())",
        "written by: Keras 2.15.0",
        "model: Sequential \"mine\", 1 layer",
        "layer: out (Dense)",
        "    units=3, activation=relu",
        NULL,
    };
    assert_lines(tl_test_write("model.json", json, strlen(json)), lines);
}
END_TEST

/* ---- Memory ---- */

static tlstm_status inspect_once(void *context, tlstm_error **error) {
    char *report = NULL;
    tlstm_status status = tl_file_inspect(context, &report, error);
    tl_free(report);
    return status;
}

START_TEST(memory_that_is_not_there) {
    char path[1024];
    snprintf(path, sizeof(path), "%s", tl_test_shared("golden/edge-files/base.h5"));
    tl_test_fail_each_allocation(inspect_once, path);
    snprintf(path, sizeof(path), "%s", tl_test_shared("golden/gru-reset-after/model.keras"));
    tl_test_fail_each_allocation(inspect_once, path);
}
END_TEST

int main(void) {
    tl_test_need_shared("golden/seed-lstm/model.keras");
    tl_test_need_shared("golden/edge-files");
    tl_test_need_shared("keras-h5");
    Suite *suite = suite_create("inspect");
    TCase *tests = tcase_create("inspect");
    tcase_add_test(tests, edge_files);
    tcase_add_test(tests, genuine_files);
    tcase_add_test(tests, golden_files);
    tcase_add_test(tests, a_whole_model);
    tcase_add_test(tests, a_model_that_does_not_load);
    tcase_add_test(tests, weights_alone);
    tcase_add_test(tests, an_archive);
    tcase_add_test(tests, layers_of_one_class);
    tcase_add_test(tests, the_rest);
    tcase_add_test(tests, names_are_escaped);
    tcase_add_test(tests, a_walk_ends);
    tcase_add_test(tests, files_that_are_cut_off);
    tcase_add_test(tests, damaged_configurations);
    tcase_add_test(tests, other_files);
    tcase_add_test(tests, arrays);
    tcase_add_test(tests, a_configuration_alone);
    tcase_add_test(tests, memory_that_is_not_there);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
