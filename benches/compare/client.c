/* The least that a client can do: sends one request again and again, and reads lines. It parses nothing and
 * judges nothing; whatever `qmprobe bench` takes beyond it is qmprobe's own.
 *
 *     client SOCKET COUNT spin|sleep WINDOW OPENING REQUEST
 *
 * OPENING is sent first and answered by one line; a monitor greets with another before. In REQUEST `@` becomes
 * two digits. WINDOW requests may be unanswered. Prints nanoseconds of wall time and of processor time for each
 * command.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 20];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

/* Reads until a line has ended, and says how many have. With one request under way only the last byte can end one. */
static long read_lines(int fd, int flags, long window)
{
    for (;;) {
        ssize_t got = recv(fd, buffer, sizeof buffer, flags);
        if (got == 0 || (got < 0 && !flags))
            fail("recv");
        if (got < 0)
            continue;
        if (window == 1 && buffer[got - 1] == '\n')
            return 1;
        long lines = 0;
        const char *at = buffer, *end = buffer + got;
        while (window > 1 && (at = memchr(at, '\n', end - at)) != NULL)
            at++, lines++;
        if (lines > 0)
            return lines;
    }
}

static void write_all(int fd, const char *bytes, size_t length)
{
    if (send(fd, bytes, length, 0) != (ssize_t)length)
        fail("send");
}

int main(int argc, char **argv)
{
    if (argc != 7)
        return 2;
    long count = atol(argv[2]), window = atol(argv[4]);
    int flags = strcmp(argv[3], "spin") ? 0 : MSG_DONTWAIT;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    strncpy(at.sun_path, argv[1], sizeof at.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at))
        fail("connect");
    if (strstr(argv[5], "qmp_capabilities"))
        read_lines(fd, 0, 1);
    write_all(fd, argv[5], strlen(argv[5]));
    read_lines(fd, 0, 1);

    size_t length = strlen(argv[6]);
    char *request = malloc(window * (length + 1)), *id = strchr(argv[6], '@');
    double wall = 0, cpu = 0;
    /* The first tenth warms up. */
    long sent = -count / 10, answered = sent;
    while (answered < count) {
        if (wall == 0 && answered >= 0) {
            wall = now(CLOCK_MONOTONIC);
            cpu = now(CLOCK_THREAD_CPUTIME_ID);
        }
        char *end = request;
        for (; sent < count && sent - answered < window; sent++) {
            size_t before = id ? (size_t)(id - argv[6]) : length;
            memcpy(end, argv[6], before);
            end += before;
            if (id) {
                long n = 10 + (sent + count) % 90;
                *end++ = '0' + n / 10;
                *end++ = '0' + n % 10;
                memcpy(end, id + 1, length - before - 1);
                end += length - before - 1;
            }
        }
        if (end > request)
            write_all(fd, request, end - request);
        answered += read_lines(fd, flags, window);
    }
    printf("%.0f %.0f\n", (now(CLOCK_MONOTONIC) - wall) / count,
           (now(CLOCK_THREAD_CPUTIME_ID) - cpu) / count);
    shutdown(fd, SHUT_WR);
    while (recv(fd, buffer, sizeof buffer, 0) > 0)
        ;
    return 0;
}
