/* The least that a campaign can do: sends what another one sent, in the same writes, and waits for as many replies at
 * the same places. It parses nothing, judges nothing, learns nothing and writes nothing down.
 *
 *     resend SOCKET < ENTRIES
 *
 * The entries are those that record.c writes, of one peer. Prints nanoseconds of wall time from the first to the last.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 4096, PATIENCE_MS = 5000 };

static const char event[] = "{\"timestamp\"";

struct connection {
    int fd, is_event;
    size_t column;
    long heard;
};

struct entry {
    int connection;
    char what[8];
    long count;
    const char *bytes;
};

static struct connection connections[CONNECTIONS];
static char buffer[1 << 20];

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static int dial(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    strncpy(at.sun_path, path, sizeof at.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct timeval patience = {PATIENCE_MS / 1000, 0};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience)
        || connect(fd, (struct sockaddr *)&at, sizeof at))
        fail("nobody listens");
    return fd;
}

/* Reads until so many lines have ended that are no events. */
static void hear(struct connection *of, long count)
{
    for (of->heard -= count; of->heard < 0;) {
        ssize_t got = recv(of->fd, buffer, sizeof buffer, 0);
        if (got <= 0)
            fail("a reply did not come");
        for (char *at = buffer, *end = buffer + got; at < end;) {
            /* Only the beginning of a line is looked at. */
            for (; at < end && of->column < sizeof event - 1 && *at != '\n'; at++)
                of->is_event = (of->column == 0 || of->is_event) && *at == event[of->column], of->column++;
            char *last = memchr(at, '\n', end - at);
            if (last == NULL)
                break;
            of->heard += !of->is_event;
            of->column = 0;
            at = last + 1;
        }
    }
}

static struct entry *read_entries(size_t *many)
{
    size_t length = 0, room = 1 << 20, got;
    char *text = malloc(room);
    while ((got = fread(text + length, 1, room - length, stdin)) > 0)
        if ((length += got) == room)
            text = realloc(text, room *= 2);
    struct entry *all = NULL;
    *many = 0;
    for (char *at = text; at < text + length;) {
        all = realloc(all, (*many + 1) * sizeof *all);
        struct entry *one = &all[(*many)++];
        char *line = memchr(at, '\n', text + length - at);
        if (line == NULL || sscanf(at, "%*d %d %7s %ld", &one->connection, one->what, &one->count) != 3
            || one->connection >= CONNECTIONS)
            fail("this is no record");
        one->bytes = line + 1;
        at = line + 1 + (strcmp(one->what, "send") ? 0 : one->count);
    }
    return all;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    size_t many;
    struct entry *all = read_entries(&many);
    double began = now();
    for (const struct entry *one = all; one < all + many; one++) {
        struct connection *on = &connections[one->connection];
        if (!strcmp(one->what, "open"))
            *on = (struct connection){.fd = dial(argv[1])};
        else if (!strcmp(one->what, "heard"))
            hear(on, one->count);
        else if (!strcmp(one->what, "shut")) {
            shutdown(on->fd, SHUT_WR);
            while (recv(on->fd, buffer, sizeof buffer, 0) > 0)
                ;
            close(on->fd);
        } else if (send(on->fd, one->bytes, one->count, 0) != one->count)
            fail("the peer takes no more");
    }
    printf("%.0f\n", now() - began);
    return 0;
}
