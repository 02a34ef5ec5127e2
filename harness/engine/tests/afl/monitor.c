/*
 * A small QMP server that a campaign guided by coverage can be shown on. It reads a request a line, answers to
 * every one of them as QMP has it, and aborts behind four nested conditions on the arguments of one command, which
 * its replies tell nothing about.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1 << 16, NESTING_MAX = 64, SPANS_MAX = 64 };

/* A value in a line. */
struct span { const char *at; const char *end; };

/* A member of an object. */
struct member { struct span name; struct span value; };

static const char *skip(const char *at, const char *end)
{
    while (at < end && strchr(" \t\r\n", *at)) {
        at++;
    }
    return at;
}

/* The end of the string that begins at `at`, or NULL. */
static const char *string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if ((unsigned char)*at < 0x20) {
            return NULL;
        }
        if (*at == '"') {
            return at + 1;
        }
        at += *at == '\\';
    }
    return NULL;
}

/* The end of the value that begins at `at`, or NULL. Brackets are counted, not matched: this is no parser to trust. */
static const char *value(const char *at, const char *end)
{
    int depth = 0;

    do {
        at = skip(at, end);
        if (at >= end || depth > NESTING_MAX) {
            return NULL;
        }
        if (*at == '"') {
            at = string(at, end);
        } else if (*at == '{' || *at == '[') {
            depth++, at++;
        } else if (*at == '}' || *at == ']') {
            depth--, at++;
        } else if (*at == ',' || *at == ':') {
            if (depth == 0) {
                return NULL;
            }
            at++;
        } else {
            const char *from = at;

            while (at < end && !strchr(" \t\r\n,:]}[{\"", *at)) {
                at++;
            }
            at = at == from ? NULL : at;
        }
    } while (at && depth > 0);
    return depth == 0 ? at : NULL;
}

/* The members of an object; -1 where it is none. */
static int members(struct span of, struct member *out)
{
    const char *at = skip(of.at, of.end);
    int count = 0;

    if (at >= of.end || *at++ != '{') {
        return -1;
    }
    at = skip(at, of.end);
    while (at < of.end && *at == '"' && count < SPANS_MAX) {
        struct member *one = &out[count++];

        one->name = (struct span){ at, string(at, of.end) };
        at = one->name.end ? skip(one->name.end, of.end) : of.end;
        if (at >= of.end || *at++ != ':') {
            return -1;
        }
        one->value = (struct span){ skip(at, of.end), value(at, of.end) };
        if (!one->value.end) {
            return -1;
        }
        at = skip(one->value.end, of.end);
        if (at < of.end && *at == ',') {
            at = skip(at + 1, of.end);
        }
    }
    return at < of.end && *at == '}' ? count : -1;
}

static struct span *find(struct member *all, int count, const char *name)
{
    size_t length = strlen(name);

    for (int nth = 0; nth < count; nth++) {
        struct span is = all[nth].name;

        if ((size_t)(is.end - is.at) == length + 2 && !memcmp(is.at + 1, name, length)) {
            return &all[nth].value;
        }
    }
    return NULL;
}

static bool is(struct span *text, const char *word)
{
    size_t length = strlen(word);

    return text && (size_t)(text->end - text->at) == length + 2 && *text->at == '"'
        && !memcmp(text->at + 1, word, length);
}

static bool integer(struct span *text, long long *out)
{
    char *end;

    if (!text || !strchr("-0123456789", *text->at)) {
        return false;
    }
    *out = *text->at == '-' ? strtoll(text->at, &end, 10) : (long long)strtoull(text->at, &end, 10);
    return end == text->end;
}

/* What the campaign is to come upon. */
static bool tune(struct span arguments)
{
    struct member all[SPANS_MAX];
    int count = members(arguments, all);
    long long gain, offset, level;
    struct span *label = find(all, count, "label");

    if (count != 4 || !label || *label->at != '"' || !integer(find(all, count, "gain"), &gain)
        || !integer(find(all, count, "offset"), &offset) || !integer(find(all, count, "level"), &level)) {
        return false;
    }
    if ((gain & 0xff) == 0xb7) {
        if ((offset & 0xff) == 0x5c) {
            if (label->at[1] == 'K') {
                if ((level & 0xff) == 0x2d) {
                    abort();
                }
            }
        }
    }
    return true;
}

static void answer(FILE *out, struct span *id, const char *what, const char *with)
{
    fprintf(out, "{\"%s\": %s", what, with);
    if (id) {
        fprintf(out, ", \"id\": %.*s", (int)(id->end - id->at), id->at);
    }
    fputs("}\r\n", out);
}

static void refuse(FILE *out, struct span *id, const char *class)
{
    char error[128];

    snprintf(error, sizeof(error), "{\"class\": \"%s\", \"desc\": \"refused\"}", class);
    answer(out, id, "error", error);
}

static void serve(FILE *in, FILE *out)
{
    static char line[LINE_MAX_BYTES];
    bool negotiated = false;

    fputs("{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 0, \"major\": 10}, \"package\": \"\"}, "
          "\"capabilities\": []}}\r\n", out);
    fflush(out);
    while (fgets(line, sizeof(line), in)) {
        struct member all[SPANS_MAX];
        struct span whole = { line, line + strlen(line) };
        int count = members(whole, all);
        struct span *id = find(all, count, "id"), *execute = find(all, count, "execute");
        struct span *arguments = find(all, count, "arguments");

        if (skip(whole.at, whole.end) == whole.end) {
            continue;
        }
        if (count < 0 || !execute) {
            refuse(out, id, "GenericError");
        } else if (is(execute, "qmp_capabilities")) {
            negotiated ? refuse(out, id, "CommandNotFound") : answer(out, id, "return", "{}");
            negotiated = true;
        } else if (!negotiated) {
            refuse(out, id, "CommandNotFound");
        } else if (is(execute, "query-version")) {
            answer(out, id, "return", "{\"qemu\": {\"micro\": 0, \"minor\": 0, \"major\": 10}, \"package\": \"\"}");
        } else if (is(execute, "tune")) {
            arguments && tune(*arguments) ? answer(out, id, "return", "{}") : refuse(out, id, "GenericError");
        } else {
            refuse(out, id, "CommandNotFound");
        }
        fflush(out);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path)) {
        return 2;
    }
    strcpy(address.sun_path, argv[1]);
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 4)) {
        return 3;
    }
    for (;;) {
        int client = accept(listener, NULL, NULL);
        FILE *in = fdopen(client, "r"), *out = fdopen(dup(client), "w");

        if (!in || !out) {
            return 3;
        }
        serve(in, out);
        fclose(in);
        fclose(out);
    }
}
