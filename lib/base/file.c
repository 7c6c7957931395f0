/* Whole files in and out through POSIX calls. */
#define _XOPEN_SOURCE 700
#include "base/file.h"

#include "base/alloc.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* As many symbolic links as Linux follows. */
#define MOST_LINKS 40

/* "cannot <verb> the file: <what the system says>", in English whatever the locale. */
static tlstm_status fail_io(tlstm_error **error, const char *path, const char *verb, int number) {
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    tlstm_status status = tl_fail(error, TLSTM_ERROR_IO, path, "cannot %s: %s", verb,
                                  plain ? strerror_l(number, plain) : "the system refuses");
    if (plain)
        freelocale(plain);
    return status;
}

static int open_file(const char *path, int flags, mode_t mode) {
    int file;
    do
        file = open(path, flags | O_CLOEXEC, mode);
    while (file < 0 && errno == EINTR);
    return file;
}

static ssize_t read_some(int file, char *bytes, size_t length) {
    ssize_t got;
    do
        got = read(file, bytes, length < SSIZE_MAX ? length : SSIZE_MAX);
    while (got < 0 && errno == EINTR);
    return got;
}

static tlstm_status fail_size(tlstm_error **error, const char *path, size_t limit) {
    return tl_fail(error, TLSTM_ERROR_FORMAT, path, "the file is larger than %zu bytes", limit);
}

/* Reads up to the end, which a pipe does not tell beforehand: `expected` is only a hint. */
static tlstm_status read_all(int file, const char *path, size_t expected, size_t limit,
                             char **bytes, size_t *length, tlstm_error **error) {
    size_t capacity = expected, used = 0;
    char *buffer = tl_alloc(capacity + 1, 1);
    tlstm_status status = buffer ? TLSTM_OK : tl_fail_memory(error);
    while (!status) {
        /* One byte more than expected: so that the end is seen without growing. */
        ssize_t got = read_some(file, buffer + used, capacity + 1 - used);
        if (got < 0)
            status = fail_io(error, path, "read", errno);
        if (got <= 0)
            break;
        used += (size_t)got;
        if (used > limit)
            status = fail_size(error, path, limit);
        if (used <= capacity || status)
            continue;
        capacity = capacity < 4096 ? 4096 : capacity * 2;
        if (capacity > limit)
            capacity = limit;
        char *grown = tl_realloc(buffer, capacity + 1, 1);
        if (grown)
            buffer = grown;
        else
            status = tl_fail_memory(error);
    }
    if (status) {
        tl_free(buffer);
        return status;
    }
    buffer[used] = '\0';
    *bytes = buffer;
    *length = used;
    return TLSTM_OK;
}

tlstm_status tl_file_read(const char *path, size_t limit, char **bytes, size_t *length,
                          tlstm_error **error) {
    if (limit > SSIZE_MAX - 1)
        limit = SSIZE_MAX - 1;
    int file = open_file(path, O_RDONLY, 0);
    if (file < 0)
        return fail_io(error, path, "open", errno);
    struct stat about;
    tlstm_status status;
    if (fstat(file, &about) < 0)
        status = fail_io(error, path, "read", errno);
    else if (S_ISDIR(about.st_mode))
        status = fail_io(error, path, "read", EISDIR);
    else if (about.st_size > 0 && (uintmax_t)about.st_size > limit)
        status = fail_size(error, path, limit);
    else
        status = read_all(file, path, about.st_size > 0 ? (size_t)about.st_size : 0, limit, bytes,
                          length, error);
    close(file);
    return status;
}

/* Length of the folder's part of a path, with its last '/'. */
static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* The target of a link as seen from where `path` is seen; NULL with errno. */
static char *read_link(const char *path) {
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length < 0)
        return NULL;
    target[length] = '\0';
    tl_text joined = {0};
    if (target[0] != '/')
        tl_text_append_bytes(&joined, path, folder_length(path));
    tl_text_append(&joined, target);
    char *result = tl_text_take(&joined);
    if (!result)
        errno = ENOMEM;
    return result;
}

/* Follows links, so that saving through one replaces the file and not the link. */
static tlstm_status resolve(const char *path, char **resolved, tlstm_error **error) {
    char *current = tl_strdup(path);
    for (int links = 0; current; links++) {
        char *next = read_link(current);
        if (!next && (errno == EINVAL || errno == ENOENT)) {
            *resolved = current;
            return TLSTM_OK;
        }
        if (next && links == MOST_LINKS) {
            tl_free(next);
            next = NULL;
            errno = ELOOP;
        }
        int number = errno;
        tl_free(current);
        if (!next && number != ENOMEM)
            return fail_io(error, path, "write", number);
        current = next;
    }
    return tl_fail_memory(error);
}

/* Whether `path` may be replaced, and its mode; 0 as mode where there is no file yet. */
static tlstm_status check_target(const char *path, mode_t *mode, tlstm_error **error) {
    struct stat about;
    size_t folder = folder_length(path);
    if (path[folder] == '\0')
        return fail_io(error, path, "write", folder ? EISDIR : ENOENT);
    *mode = 0;
    if (stat(path, &about) < 0)
        return errno == ENOENT ? TLSTM_OK : fail_io(error, path, "write", errno);
    if (S_ISDIR(about.st_mode))
        return fail_io(error, path, "write", EISDIR);
    if (!S_ISREG(about.st_mode))
        return tl_fail(error, TLSTM_ERROR_IO, path, "cannot write: not a regular file");
    if (access(path, W_OK) < 0)
        return fail_io(error, path, "write", errno);
    *mode = about.st_mode & 07777;
    return TLSTM_OK;
}

/* "folder/.name.1a2b3c4d.tmp"; of a long name its beginning, since names have a longest length. */
static char *temporary_name(const char *path, unsigned attempt) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    unsigned long long salt = (unsigned long long)time.tv_nsec ^
                              (unsigned long long)getpid() << 20 ^
                              (unsigned long long)attempt << 44;
    size_t folder = folder_length(path);
    tl_text name = {0};
    tl_text_append_bytes(&name, path, folder);
    tl_text_format(&name, ".%.180s.%llx.tmp", path + folder, salt);
    return tl_text_take(&name);
}

/* Makes the temporary file of a resolved path. The system applies the umask to a new file's mode;
 * an existing file's mode is taken over. */
static tlstm_status open_temporary(const char *path, char **name, int *file, tlstm_error **error) {
    mode_t mode;
    tlstm_status status = check_target(path, &mode, error);
    if (status)
        return status;
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        char *candidate = temporary_name(path, attempt);
        if (!candidate)
            return tl_fail_memory(error);
        int opened = open_file(candidate, O_RDWR | O_CREAT | O_EXCL, 0666);
        int number = errno;
        if (opened >= 0 && mode && fchmod(opened, mode) < 0) {
            number = errno;
            close(opened);
            unlink(candidate);
            opened = -1;
        }
        if (opened >= 0) {
            *name = candidate;
            *file = opened;
            return TLSTM_OK;
        }
        tl_free(candidate);
        if (number != EEXIST)
            return fail_io(error, path, "write", number);
    }
    return fail_io(error, path, "write", EEXIST);
}

tlstm_status tl_file_temporary(const char *path, char **temporary, tlstm_error **error) {
    char *resolved = NULL;
    tlstm_status status = resolve(path, &resolved, error);
    if (status)
        return status;
    int file = -1;
    status = open_temporary(resolved, temporary, &file, error);
    if (!status)
        close(file);
    tl_free(resolved);
    return status;
}

/* Makes the rename itself durable. Some file systems cannot flush a folder: then there is nothing
 * more to do. */
static int flush_folder(const char *path) {
    size_t length = folder_length(path);
    char *folder = length ? tl_strndup(path, length) : tl_strdup(".");
    int file = folder ? open_file(folder, O_RDONLY | O_DIRECTORY, 0) : -1;
    tl_free(folder);
    if (file < 0)
        return 0;
    int number = fsync(file) < 0 ? errno : 0;
    close(file);
    return number == EIO ? number : 0;
}

/* Flushes, closes and renames; the temporary file is gone afterwards. */
static tlstm_status finish(int file, const char *temporary, const char *path, tlstm_error **error) {
    int number = fsync(file) < 0 ? errno : 0;
    if (number == EINVAL || number == ENOTSUP) /* a file system without flushing */
        number = 0;
    if (close(file) < 0 && !number && errno != EINTR)
        number = errno;
    if (!number && rename(temporary, path) < 0)
        number = errno;
    if (number)
        unlink(temporary);
    else
        number = flush_folder(path);
    return number ? fail_io(error, path, "write", number) : TLSTM_OK;
}

tlstm_status tl_file_commit(const char *temporary, const char *path, tlstm_error **error) {
    char *resolved = NULL;
    tlstm_status status = resolve(path, &resolved, error);
    if (status) {
        tl_file_discard(temporary);
        return status;
    }
    int file = open_file(temporary, O_RDWR, 0);
    if (file >= 0)
        status = finish(file, temporary, resolved, error);
    else {
        status = fail_io(error, path, "write", errno);
        tl_file_discard(temporary);
    }
    tl_free(resolved);
    return status;
}

void tl_file_discard(const char *temporary) {
    if (temporary)
        unlink(temporary);
}

static int write_all(int file, const char *bytes, size_t length) {
    while (length) {
        ssize_t put = write(file, bytes, length < SSIZE_MAX ? length : SSIZE_MAX);
        if (put < 0 && errno != EINTR)
            return errno;
        if (put > 0) {
            bytes += put;
            length -= (size_t)put;
        }
    }
    return 0;
}

/* Replacing /dev/stdout or a pipe by a file would be no service. */
static int is_stream(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode);
}

static tlstm_status write_stream(const char *path, const void *bytes, size_t length,
                                 tlstm_error **error) {
    int file = open_file(path, O_WRONLY, 0);
    int number = file < 0 ? errno : write_all(file, bytes, length);
    if (file >= 0 && close(file) < 0 && !number)
        number = errno;
    return number ? fail_io(error, path, "write", number) : TLSTM_OK;
}

tlstm_status tl_file_write(const char *path, const void *bytes, size_t length,
                           tlstm_error **error) {
    if (is_stream(path))
        return write_stream(path, bytes, length, error);
    char *resolved = NULL, *temporary = NULL;
    int file = -1;
    tlstm_status status = resolve(path, &resolved, error);
    if (!status)
        status = open_temporary(resolved, &temporary, &file, error);
    if (status)
        goto done;
    int number = write_all(file, bytes, length);
    if (number) {
        close(file);
        unlink(temporary);
        status = fail_io(error, path, "write", number);
        goto done;
    }
    status = finish(file, temporary, resolved, error);
done:
    tl_free(temporary);
    tl_free(resolved);
    return status;
}
