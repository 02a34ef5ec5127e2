/* The least that a client can do: sends one request again and again, and reads lines. It parses nothing and
 * judges nothing; whatever `qmprobe bench` takes beyond it is qmprobe's own.
 *
 *     client SOCKET COUNT spin|sleep OPENING REQUEST
 *
 * OPENING is sent first and answered by one line; a monitor greets with another before. In REQUEST `@` becomes
 * two digits. Prints nanoseconds of wall time and of processor time for each command.
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

/* Reads until a line has ended; a reply is one line, and none other is due. */
static void read_line(int fd, int flags)
{
    for (;;) {
        ssize_t got = recv(fd, buffer, sizeof buffer, flags);
        if (got == 0 || (got < 0 && !flags))
            fail("recv");
        if (got > 0 && buffer[got - 1] == '\n')
            return;
    }
}

static void write_all(int fd, const char *bytes, size_t length)
{
    if (send(fd, bytes, length, 0) != (ssize_t)length)
        fail("send");
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    long count = atol(argv[2]);
    int flags = strcmp(argv[3], "spin") ? 0 : MSG_DONTWAIT;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    strncpy(at.sun_path, argv[1], sizeof at.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at))
        fail("connect");
    if (strstr(argv[4], "qmp_capabilities"))
        read_line(fd, 0);
    write_all(fd, argv[4], strlen(argv[4]));
    read_line(fd, 0);

    size_t length = strlen(argv[5]);
    char *request = argv[5], *id = strchr(request, '@');
    if (id) {
        memmove(id + 1, id, strlen(id));
        length++;
    }
    double wall = 0, cpu = 0;
    /* The first tenth warms up. */
    for (long i = -count / 10; i < count; i++) {
        if (i == 0) {
            wall = now(CLOCK_MONOTONIC);
            cpu = now(CLOCK_THREAD_CPUTIME_ID);
        }
        if (id) {
            long n = 10 + (i + count) % 90;
            id[0] = '0' + n / 10;
            id[1] = '0' + n % 10;
        }
        write_all(fd, request, length);
        read_line(fd, flags);
    }
    printf("%.0f %.0f\n", (now(CLOCK_MONOTONIC) - wall) / count,
           (now(CLOCK_THREAD_CPUTIME_ID) - cpu) / count);
    shutdown(fd, SHUT_WR);
    while (recv(fd, buffer, sizeof buffer, 0) > 0)
        ;
    return 0;
}
