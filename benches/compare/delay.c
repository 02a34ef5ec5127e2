/* A monitor that is slower than itself: passes bytes on both ways, and keeps each answer back for a while.
 *
 *     delay LISTEN TARGET NANOSECONDS
 *
 * Serves one client after the other.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_un at(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    strncpy(to.sun_path, path, sizeof to.sun_path - 1);
    return to;
}

/* Works on, as a slower program would, instead of sleeping. */
static void keep(long ns)
{
    struct timespec began, now;
    clock_gettime(CLOCK_MONOTONIC, &began);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - began.tv_sec) * 1000000000L + now.tv_nsec - began.tv_nsec < ns);
}

static int pass(int from, int to, long ns)
{
    static char bytes[1 << 16];
    ssize_t got = recv(from, bytes, sizeof bytes, 0);
    if (got <= 0)
        return 0;
    if (ns > 0)
        keep(ns);
    return send(to, bytes, got, MSG_NOSIGNAL) == got;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    struct sockaddr_un here = at(argv[1]), there = at(argv[2]);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(argv[1]);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 8))
        return 1;
    for (;;) {
        int client = accept(listener, NULL, NULL), server = socket(AF_UNIX, SOCK_STREAM, 0);
        if (client < 0 || connect(server, (struct sockaddr *)&there, sizeof there))
            return 1;
        struct pollfd both[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
        for (int open = 1; open;) {
            if (poll(both, 2, -1) < 0)
                return 1;
            if (both[0].revents)
                open = pass(client, server, 0);
            if (open && both[1].revents)
                open = pass(server, client, atol(argv[3]));
        }
        close(client);
        close(server);
    }
}
