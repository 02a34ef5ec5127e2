/* A QEMU that writes down what it is sent: stands in for one, has the real one listen elsewhere, and passes bytes on
 * both ways.
 *
 *     QEMU=PROGRAM RECORD=NUMBER record [ARGUMENT]...
 *
 * Among the arguments is `fd=N`, the socket to listen on. RECORD is the number of a file that was opened to append to.
 * Each entry is one write of a line `PROCESS CONNECTION WHAT COUNT` and, of what was sent, as many bytes:
 * `open`, `send` (bytes of one write), `heard` (replies since the last entry), `shut` (the client sends no more).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECTIONS = 16, BYTES = 1 << 20 };

/* What a line of an event begins with; any other is a reply or a greeting. */
static const char event[] = "{\"timestamp\"";

struct pair {
    int client, server, number;
    long heard;
    /* How much of the line under way was seen, and whether it is an event's so far. */
    size_t column;
    int is_event;
};

static int record;
static struct pair pairs[CONNECTIONS];
static char bytes[BYTES];

static void enter(const struct pair *of, const char *what, long count, const char *sent)
{
    char line[80];
    int length = snprintf(line, sizeof line, "%d %d %s %ld\n", getpid(), of->number, what, count);
    struct iovec both[2] = {{line, length}, {(void *)sent, sent ? count : 0}};
    if (writev(record, both, 2) < length)
        exit(3);
}

static void count_replies(struct pair *of, const char *from, size_t length)
{
    for (; length > 0; from++, length--) {
        if (of->column == 0)
            of->is_event = 1;
        if (of->column < sizeof event - 1 && *from != event[of->column])
            of->is_event = 0;
        of->column++;
        if (*from == '\n') {
            of->heard += !of->is_event;
            of->column = 0;
        }
    }
}

static void tell_heard(struct pair *of)
{
    if (of->heard)
        enter(of, "heard", of->heard, NULL);
    of->heard = 0;
}

static int dial(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "real.sock"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at))
        exit(3);
    return fd;
}

/* Starts the real one, with a socket of ours in place of the one that we listen on. */
static pid_t start(int listener, char **argv)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "real.sock"};
    int theirs = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (theirs < 0 || bind(theirs, (struct sockaddr *)&at, sizeof at) || listen(theirs, CONNECTIONS))
        exit(3);
    pid_t child = fork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(record);
        dup2(theirs, listener);
        argv[0] = getenv("QEMU");
        execvp(argv[0], argv);
        _exit(127);
    }
    close(theirs);
    return child;
}

static void leave_as(int status)
{
    if (WIFSIGNALED(status)) {
        signal(WTERMSIG(status), SIG_DFL);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        raise(WTERMSIG(status));
    }
    exit(WEXITSTATUS(status));
}

static void pass_on(struct pair *of, int to_server)
{
    int from = to_server ? of->client : of->server, to = to_server ? of->server : of->client;
    ssize_t got = recv(from, bytes, sizeof bytes, 0);
    if (got > 0 && to_server) {
        tell_heard(of);
        enter(of, "send", got, bytes);
    } else if (got > 0) {
        count_replies(of, bytes, got);
    }
    if (got > 0 && send(to, bytes, got, MSG_NOSIGNAL) == got)
        return;
    if (to_server && got == 0) {
        tell_heard(of);
        enter(of, "shut", 0, NULL);
        shutdown(to, SHUT_WR);
        of->client = ~of->client;
        return;
    }
    close(of->client < 0 ? ~of->client : of->client);
    close(of->server);
    of->server = 0;
}

int main(int argc, char **argv)
{
    int listener = -1;
    for (int i = 1; i < argc; i++)
        if (strstr(argv[i], ",fd="))
            listener = atoi(strstr(argv[i], ",fd=") + 4);
    if (listener < 0 || !getenv("RECORD") || !getenv("QEMU"))
        return 2;
    record = atoi(getenv("RECORD"));
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ended, NULL);
    int ends = signalfd(-1, &ended, SFD_CLOEXEC);
    pid_t child = start(listener, argv);
    for (int opened = 0;;) {
        struct pollfd all[2 + 2 * CONNECTIONS] = {{ends, POLLIN, 0}, {listener, POLLIN, 0}};
        for (int i = 0; i < CONNECTIONS; i++) {
            int is_open = pairs[i].server > 0;
            all[2 + 2 * i] = (struct pollfd){is_open ? pairs[i].client : -1, POLLIN, 0};
            all[3 + 2 * i] = (struct pollfd){is_open ? pairs[i].server : -1, POLLIN, 0};
        }
        if (poll(all, 2 + 2 * CONNECTIONS, -1) < 0)
            return 3;
        for (int i = 0; i < CONNECTIONS; i++) {
            /* What was said before the end is passed on before it. */
            if (pairs[i].server > 0 && all[3 + 2 * i].revents)
                pass_on(&pairs[i], 0);
            if (pairs[i].server > 0 && pairs[i].client > 0 && all[2 + 2 * i].revents)
                pass_on(&pairs[i], 1);
        }
        if (all[1].revents) {
            int free = 0;
            while (free < CONNECTIONS && pairs[free].server > 0)
                free++;
            if (free == CONNECTIONS)
                return 3;
            pairs[free] = (struct pair){accept4(listener, NULL, NULL, SOCK_CLOEXEC), dial(), opened++, 0, 0, 0};
            enter(&pairs[free], "open", 0, NULL);
        }
        int status, talks = 0;
        for (int i = 0; i < CONNECTIONS; i++)
            talks |= all[3 + 2 * i].revents;
        if (!talks && all[0].revents && waitpid(child, &status, WNOHANG) == child)
            leave_as(status);
    }
}
