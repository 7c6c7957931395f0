/* The pickle machine: a stack, marks into it, a memo, and one function per group of opcodes. */
#include "data/pickle_machine.h"

#include "base/alloc.h"
#include "data/bits.h"

#include <string.h>

/* All opcodes of protocols 0 to 5 (Python's pickletools), so that one that is refused has a name.
 */
static const struct {
    unsigned char code;
    const char *name;
} opcode_names[] = {{'(', "MARK"},
                    {'.', "STOP"},
                    {'0', "POP"},
                    {'1', "POP_MARK"},
                    {'2', "DUP"},
                    {'F', "FLOAT"},
                    {'I', "INT"},
                    {'J', "BININT"},
                    {'K', "BININT1"},
                    {'L', "LONG"},
                    {'M', "BININT2"},
                    {'N', "NONE"},
                    {'P', "PERSID"},
                    {'Q', "BINPERSID"},
                    {'R', "REDUCE"},
                    {'S', "STRING"},
                    {'T', "BINSTRING"},
                    {'U', "SHORT_BINSTRING"},
                    {'V', "UNICODE"},
                    {'X', "BINUNICODE"},
                    {'a', "APPEND"},
                    {'b', "BUILD"},
                    {'c', "GLOBAL"},
                    {'d', "DICT"},
                    {'}', "EMPTY_DICT"},
                    {'e', "APPENDS"},
                    {'g', "GET"},
                    {'h', "BINGET"},
                    {'i', "INST"},
                    {'j', "LONG_BINGET"},
                    {'l', "LIST"},
                    {']', "EMPTY_LIST"},
                    {'o', "OBJ"},
                    {'p', "PUT"},
                    {'q', "BINPUT"},
                    {'r', "LONG_BINPUT"},
                    {'s', "SETITEM"},
                    {'t', "TUPLE"},
                    {')', "EMPTY_TUPLE"},
                    {'u', "SETITEMS"},
                    {'G', "BINFLOAT"},
                    {'B', "BINBYTES"},
                    {'C', "SHORT_BINBYTES"},
                    {0x80, "PROTO"},
                    {0x81, "NEWOBJ"},
                    {0x82, "EXT1"},
                    {0x83, "EXT2"},
                    {0x84, "EXT4"},
                    {0x85, "TUPLE1"},
                    {0x86, "TUPLE2"},
                    {0x87, "TUPLE3"},
                    {0x88, "NEWTRUE"},
                    {0x89, "NEWFALSE"},
                    {0x8a, "LONG1"},
                    {0x8b, "LONG4"},
                    {0x8c, "SHORT_BINUNICODE"},
                    {0x8d, "BINUNICODE8"},
                    {0x8e, "BINBYTES8"},
                    {0x8f, "EMPTY_SET"},
                    {0x90, "ADDITEMS"},
                    {0x91, "FROZENSET"},
                    {0x92, "NEWOBJ_EX"},
                    {0x93, "STACK_GLOBAL"},
                    {0x94, "MEMOIZE"},
                    {0x95, "FRAME"},
                    {0x96, "BYTEARRAY8"},
                    {0x97, "NEXT_BUFFER"},
                    {0x98, "READONLY_BUFFER"}};

tlstm_status tl_machine_fail(tl_machine *machine, tlstm_status code, const char *what) {
    return tl_fail(machine->error, code, NULL, "pickle, byte %zu: %s", machine->opcode, what);
}

static tlstm_status damaged(tl_machine *machine, const char *what) {
    return tl_machine_fail(machine, TLSTM_ERROR_FORMAT, what);
}

static tlstm_status refuse_opcode(tl_machine *machine, unsigned char code) {
    for (size_t i = 0; i < sizeof(opcode_names) / sizeof(*opcode_names); i++)
        if (opcode_names[i].code == code)
            return tl_fail(machine->error, TLSTM_ERROR_FORMAT, NULL,
                           "pickle, byte %zu: opcode %s has no place in lists of integers",
                           machine->opcode, opcode_names[i].name);
    return tl_fail(machine->error, TLSTM_ERROR_FORMAT, NULL,
                   "pickle, byte %zu: 0x%02x is not an opcode", machine->opcode, code);
}

/* Room for `more` elements of `size` bytes in an array that doubles up to `most` elements. */
static tlstm_status reserve(tl_machine *machine, void **array, size_t used, size_t more,
                            size_t *capacity, size_t size, size_t most) {
    if (more <= *capacity - used)
        return TLSTM_OK;
    if (more > most - used)
        return damaged(machine, "larger than any data set of token lists");
    size_t wanted = used + more > *capacity * 2 ? used + more : *capacity * 2;
    wanted = wanted < 32 ? 32 : wanted > most ? most : wanted;
    void *grown = tl_realloc(*array, wanted, size);
    if (!grown)
        return tl_fail_memory(machine->error);
    *array = grown;
    *capacity = wanted;
    return TLSTM_OK;
}

static tlstm_status reserve_stack(tl_machine *machine) {
    void *stack = machine->stack;
    tlstm_status status = reserve(machine, &stack, machine->depth, 1, &machine->stack_capacity,
                                  sizeof(*machine->stack), TL_PICKLE_MOST_VALUES);
    machine->stack = stack;
    return status;
}

static tlstm_status reserve_memo(tl_machine *machine, size_t more) {
    void *memo = machine->memo;
    tlstm_status status =
        reserve(machine, &memo, machine->memo_count, more, &machine->memo_capacity,
                sizeof(*machine->memo), TL_PICKLE_MOST_VALUES);
    machine->memo = memo;
    return status;
}

static tlstm_status reserve_object(tl_machine *machine) {
    void *objects = machine->objects;
    tlstm_status status =
        reserve(machine, &objects, machine->object_count, 1, &machine->object_capacity,
                sizeof(*machine->objects), TL_PICKLE_MOST_OBJECTS);
    machine->objects = objects;
    return status;
}

/* --- input --- */

static tlstm_status take(tl_machine *machine, size_t count, const char **bytes) {
    if (count > machine->length - machine->position)
        return damaged(machine, "cut off");
    *bytes = machine->bytes + machine->position;
    machine->position += count;
    return TLSTM_OK;
}

/* An unsigned number of `size` bytes, lowest first. */
static tlstm_status take_number(tl_machine *machine, size_t size, uint64_t *number) {
    const char *bytes = NULL;
    tlstm_status status = take(machine, size, &bytes);
    *number = status ? 0 : tl_bits_read(bytes, size, 0);
    return status;
}

static tlstm_status take_line(tl_machine *machine, const char **line, size_t *length) {
    const char *first = machine->bytes + machine->position;
    const char *end = memchr(first, '\n', machine->length - machine->position);
    if (!end)
        return damaged(machine, "cut off");
    *line = first;
    *length = (size_t)(end - first);
    machine->position += *length + 1;
    return TLSTM_OK;
}

/* --- stack --- */

static tlstm_status push(tl_machine *machine, tl_value value) {
    if (machine->depth == machine->stack_capacity) {
        tlstm_status status = reserve_stack(machine);
        if (status)
            return status;
    }
    machine->stack[machine->depth++] = value;
    return TLSTM_OK;
}

static tlstm_status push_integer(tl_machine *machine, int64_t integer) {
    return push(machine, (tl_value){TL_VALUE_INTEGER, 0, {.integer = integer}});
}

static tlstm_status push_plain(tl_machine *machine, tl_value_kind kind, int64_t integer) {
    return push(machine, (tl_value){kind, 0, {.integer = integer}});
}

/* What may be popped: values above the last mark. */
static size_t available(const tl_machine *machine) {
    return machine->depth - (machine->mark_count ? machine->marks[machine->mark_count - 1] : 0);
}

static tlstm_status need(tl_machine *machine, size_t count) {
    return available(machine) < count ? damaged(machine, "the stack is empty") : TLSTM_OK;
}

static tlstm_status push_mark(tl_machine *machine) {
    if (machine->mark_count == TL_PICKLE_MOST_MARKS)
        return damaged(machine, "nested too deep");
    machine->marks[machine->mark_count++] = machine->depth;
    return TLSTM_OK;
}

/* Takes the last mark off; the values above it stay, `*first` is the lowest. */
static tlstm_status pop_mark(tl_machine *machine, size_t *first) {
    if (machine->mark_count == 0)
        return damaged(machine, "no mark");
    *first = machine->marks[--machine->mark_count];
    return TLSTM_OK;
}

/* --- objects --- */

tlstm_status tl_machine_new_object(tl_machine *machine, tl_object_kind kind, tl_value *value) {
    tlstm_status status = reserve_object(machine);
    if (status)
        return status;
    machine->objects[machine->object_count] = (tl_object){.kind = kind};
    *value = (tl_value){TL_VALUE_OBJECT, 0, {.object = machine->object_count++}};
    return TLSTM_OK;
}

tl_object *tl_machine_object(tl_machine *machine, const tl_value *value, tl_object_kind kind) {
    if (value->kind != TL_VALUE_OBJECT || machine->objects[value->as.object].kind != kind)
        return NULL;
    return &machine->objects[value->as.object];
}

tl_value tl_machine_item(const tl_items *items, size_t index) {
    if (items->values)
        return items->values[index];
    return (tl_value){TL_VALUE_INTEGER, 0, {.integer = items->integers[index]}};
}

static int all_integers(const tl_value *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (values[i].kind != TL_VALUE_INTEGER || values[i].as.integer < INT32_MIN ||
            values[i].as.integer > INT32_MAX)
            return 0;
    return 1;
}

/* Gives items room; the first time exactly as much as comes, since a list mostly comes at once. */
static tlstm_status reserve_items(tl_machine *machine, tl_items *items, size_t more) {
    size_t capacity = items->capacity ? items->capacity : more;
    while (capacity - items->count < more)
        capacity *= 2;
    if (capacity == items->capacity)
        return TLSTM_OK;
    void *grown = items->values ? tl_realloc(items->values, capacity, sizeof(*items->values))
                                : tl_realloc(items->integers, capacity, sizeof(*items->integers));
    if (!grown)
        return tl_fail_memory(machine->error);
    if (items->values)
        items->values = grown;
    else
        items->integers = grown;
    items->capacity = capacity;
    return TLSTM_OK;
}

static tlstm_status widen(tl_machine *machine, tl_items *items, size_t more) {
    size_t capacity = items->count + more;
    tl_value *values = tl_alloc(capacity, sizeof(*values));
    if (!values)
        return tl_fail_memory(machine->error);
    for (size_t i = 0; i < items->count; i++)
        values[i] = tl_machine_item(items, i);
    tl_free(items->integers);
    items->integers = NULL;
    items->values = values;
    items->capacity = capacity;
    return TLSTM_OK;
}

tlstm_status tl_machine_append(tl_machine *machine, tl_items *items, const tl_value *values,
                               size_t count) {
    if (count == 0)
        return TLSTM_OK;
    tlstm_status status = !items->values && !all_integers(values, count)
                              ? widen(machine, items, count)
                              : reserve_items(machine, items, count);
    if (status)
        return status;
    for (size_t i = 0; i < count; i++)
        if (items->values)
            items->values[items->count++] = values[i];
        else
            items->integers[items->count++] = (int32_t)values[i].as.integer;
    return TLSTM_OK;
}

/* Replaces the values from `first` on by a tuple of them. */
static tlstm_status make_tuple(tl_machine *machine, size_t first) {
    tl_value tuple;
    tlstm_status status = tl_machine_new_object(machine, TL_OBJECT_TUPLE, &tuple);
    if (status)
        return status;
    tl_items *items = &machine->objects[tuple.as.object].as.items;
    status = tl_machine_append(machine, items, machine->stack + first, machine->depth - first);
    machine->depth = first;
    return status ? status : push(machine, tuple);
}

static tlstm_status make_short_tuple(tl_machine *machine, size_t count) {
    tlstm_status status = need(machine, count);
    return status ? status : make_tuple(machine, machine->depth - count);
}

static tlstm_status make_marked_tuple(tl_machine *machine) {
    size_t first = 0;
    tlstm_status status = pop_mark(machine, &first);
    return status ? status : make_tuple(machine, first);
}

static tlstm_status make_list(tl_machine *machine) {
    tl_value list;
    tlstm_status status = tl_machine_new_object(machine, TL_OBJECT_LIST, &list);
    return status ? status : push(machine, list);
}

/* Appends the values from `first` on to the list below them. */
static tlstm_status append_from(tl_machine *machine, size_t first) {
    size_t floor = machine->mark_count ? machine->marks[machine->mark_count - 1] : 0;
    tl_object *list = first > floor
                          ? tl_machine_object(machine, &machine->stack[first - 1], TL_OBJECT_LIST)
                          : NULL;
    if (!list)
        return damaged(machine, "no list to append to");
    tlstm_status status =
        tl_machine_append(machine, &list->as.items, machine->stack + first, machine->depth - first);
    machine->depth = first;
    return status;
}

static tlstm_status append_marked(tl_machine *machine) {
    size_t first = 0;
    tlstm_status status = pop_mark(machine, &first);
    return status ? status : append_from(machine, first);
}

static tlstm_status append_one(tl_machine *machine) {
    tlstm_status status = need(machine, 2);
    return status ? status : append_from(machine, machine->depth - 1);
}

/* --- memo --- */

static tlstm_status memo_put(tl_machine *machine, uint64_t index) {
    tlstm_status status = need(machine, 1);
    if (status)
        return status;
    /* Whoever counts upwards never gets here; it keeps a damaged index from asking for memory. */
    if (index > machine->length)
        return damaged(machine, "a memo index is too large");
    if (index >= machine->memo_count) {
        size_t more = (size_t)index + 1 - machine->memo_count;
        status = reserve_memo(machine, more);
        if (status)
            return status;
        for (; machine->memo_count <= index; machine->memo_count++)
            machine->memo[machine->memo_count] = (tl_value){.kind = TL_VALUE_NONE};
    }
    machine->memo[index] = machine->stack[machine->depth - 1];
    return TLSTM_OK;
}

static tlstm_status memo_get(tl_machine *machine, uint64_t index) {
    return index < machine->memo_count ? push(machine, machine->memo[index])
                                       : damaged(machine, "nothing is in the memo there");
}

/* --- groups of opcodes; `size` is that of the number behind the opcode --- */

static tlstm_status put(tl_machine *machine, size_t size) {
    uint64_t index = machine->memo_count;
    tlstm_status status = size ? take_number(machine, size, &index) : TLSTM_OK;
    return status ? status : memo_put(machine, index);
}

static tlstm_status get(tl_machine *machine, size_t size) {
    uint64_t index;
    tlstm_status status = take_number(machine, size, &index);
    return status ? status : memo_get(machine, index);
}

static tlstm_status string(tl_machine *machine, size_t size) {
    uint64_t length;
    const char *bytes = NULL;
    tlstm_status status = take_number(machine, size, &length);
    if (!status && (length > UINT32_MAX || length > machine->length))
        status = damaged(machine, "cut off");
    if (!status)
        status = take(machine, (size_t)length, &bytes);
    if (status)
        return status;
    return push(machine, (tl_value){TL_VALUE_STRING, (uint32_t)length, {.string = bytes}});
}

/* LONG1 and LONG4: two's complement of any length, of which 64 bits are enough here. */
static tlstm_status long_integer(tl_machine *machine, size_t size) {
    uint64_t length, bits;
    tlstm_status status = take_number(machine, size, &length);
    if (status)
        return status;
    if (length > 8)
        return damaged(machine, "an integer of more than 64 bits");
    status = take_number(machine, (size_t)length, &bits);
    if (status)
        return status;
    if (length && length < 8 && bits >> (8 * length - 1))
        bits |= UINT64_MAX << 8 * length;
    int64_t integer;
    memcpy(&integer, &bits, sizeof(integer));
    return push_integer(machine, integer);
}

static tlstm_status integer(tl_machine *machine, size_t size) {
    uint64_t bits;
    tlstm_status status = take_number(machine, size, &bits);
    if (status)
        return status;
    return push_integer(machine,
                        size == 4 ? (int64_t)(bits ^ 0x80000000u) - 0x80000000ll : (int64_t)bits);
}

static tlstm_status protocol(tl_machine *machine) {
    uint64_t number;
    tlstm_status status = take_number(machine, 1, &number);
    if (status)
        return status;
    return number >= 2 && number <= 5 ? TLSTM_OK
                                      : damaged(machine, "expected a pickle protocol from 2 to 5");
}

/* Frames help a reader of streams; here all bytes are in memory. */
static tlstm_status frame(tl_machine *machine) {
    uint64_t length;
    return take_number(machine, 8, &length);
}

static tlstm_status global(tl_machine *machine) {
    const char *module = NULL, *name = NULL;
    size_t module_length = 0, name_length = 0;
    tl_value found;
    tlstm_status status = take_line(machine, &module, &module_length);
    if (!status)
        status = take_line(machine, &name, &name_length);
    if (!status)
        status = tl_machine_find(machine, module, module_length, name, name_length, &found);
    return status ? status : push(machine, found);
}

static tlstm_status stack_global(tl_machine *machine) {
    tl_value found;
    tlstm_status status = need(machine, 2);
    if (status)
        return status;
    const tl_value *module = &machine->stack[machine->depth - 2], *name = module + 1;
    if (module->kind != TL_VALUE_STRING || name->kind != TL_VALUE_STRING)
        return damaged(machine, "a name that is no string");
    status = tl_machine_find(machine, module->as.string, module->length, name->as.string,
                             name->length, &found);
    machine->depth -= 2;
    return status ? status : push(machine, found);
}

static tlstm_status reduce(tl_machine *machine) {
    tlstm_status status = need(machine, 2);
    if (status)
        return status;
    tl_value callable = machine->stack[machine->depth - 2], result = {0};
    tl_object *arguments =
        tl_machine_object(machine, &machine->stack[machine->depth - 1], TL_OBJECT_TUPLE);
    if (callable.kind != TL_VALUE_CALLABLE || !arguments)
        return damaged(machine, "a call without function or arguments");
    /* A copy: making the result may move the objects. */
    tl_items items = arguments->as.items;
    status = tl_machine_call(machine, &callable, &items, &result);
    machine->depth -= 2;
    return status ? status : push(machine, result);
}

static tlstm_status build(tl_machine *machine) {
    tlstm_status status = need(machine, 2);
    if (status)
        return status;
    machine->depth--;
    return tl_machine_build(machine, &machine->stack[machine->depth - 1],
                            &machine->stack[machine->depth]);
}

static tlstm_status pop(tl_machine *machine) {
    tlstm_status status = need(machine, 1);
    machine->depth -= !status;
    return status;
}

static tlstm_status pop_to_mark(tl_machine *machine) {
    return pop_mark(machine, &machine->depth);
}

static tlstm_status duplicate(tl_machine *machine) {
    tlstm_status status = need(machine, 1);
    return status ? status : push(machine, machine->stack[machine->depth - 1]);
}

static tlstm_status run_opcode(tl_machine *machine, unsigned char code) {
    switch (code) {
    case 'K':
        return integer(machine, 1);
    case 'M':
        return integer(machine, 2);
    case 'J':
        return integer(machine, 4);
    case 0x8a:
        return long_integer(machine, 1);
    case 0x8b:
        return long_integer(machine, 4);
    case 'N':
        return push_plain(machine, TL_VALUE_NONE, 0);
    case 0x88:
        return push_plain(machine, TL_VALUE_BOOL, 1);
    case 0x89:
        return push_plain(machine, TL_VALUE_BOOL, 0);
    case 'U':
    case 'C':
    case 0x8c:
        return string(machine, 1);
    case 'T':
    case 'B':
    case 'X':
        return string(machine, 4);
    case 0x8d:
    case 0x8e:
    case 0x96:
        return string(machine, 8);
    case '(':
        return push_mark(machine);
    case '0':
        return pop(machine);
    case '1':
        return pop_to_mark(machine);
    case '2':
        return duplicate(machine);
    case ')':
        return make_short_tuple(machine, 0);
    case 0x85:
        return make_short_tuple(machine, 1);
    case 0x86:
        return make_short_tuple(machine, 2);
    case 0x87:
        return make_short_tuple(machine, 3);
    case 't':
        return make_marked_tuple(machine);
    case ']':
        return make_list(machine);
    case 'a':
        return append_one(machine);
    case 'e':
        return append_marked(machine);
    case 'c':
        return global(machine);
    case 0x93:
        return stack_global(machine);
    case 'R':
        return reduce(machine);
    case 'b':
        return build(machine);
    case 'q':
        return put(machine, 1);
    case 'r':
        return put(machine, 4);
    case 0x94:
        return put(machine, 0);
    case 'h':
        return get(machine, 1);
    case 'j':
        return get(machine, 4);
    case 0x80:
        return protocol(machine);
    case 0x95:
        return frame(machine);
    default:
        return refuse_opcode(machine, code);
    }
}

tlstm_status tl_machine_run(tl_machine *machine, tl_value *result) {
    tlstm_status status = TLSTM_OK;
    while (!status) {
        const char *code = NULL;
        machine->opcode = machine->position;
        status = take(machine, 1, &code);
        if (status)
            break;
        if (*code == '.') {
            if (machine->mark_count || machine->depth != 1)
                return damaged(machine, "it ends with other than one object");
            *result = machine->stack[0];
            return TLSTM_OK;
        }
        status = run_opcode(machine, (unsigned char)*code);
    }
    return status;
}

void tl_machine_clear(tl_machine *machine) {
    for (size_t i = 0; i < machine->object_count; i++) {
        tl_object *object = &machine->objects[i];
        if (object->kind == TL_OBJECT_BYTES)
            tl_free(object->as.bytes);
        if (object->kind == TL_OBJECT_LIST || object->kind == TL_OBJECT_TUPLE) {
            tl_free(object->as.items.integers);
            tl_free(object->as.items.values);
        }
    }
    tl_free(machine->objects);
    tl_free(machine->memo);
    tl_free(machine->stack);
}
