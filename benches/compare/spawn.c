/* The least that starting a monitor takes: fork, exec, connect, read the greeting, kill, wait; again and again.
 *
 *     spawn COUNT SOCKET PROGRAM [ARGUMENT]...
 *
 * The program must listen on SOCKET. Prints nanoseconds of wall time for each start.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

/* A listening socket is inherited, so that no moment is lost with trying to connect. */
static int listener(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    strncpy(at.sun_path, path, sizeof at.sun_path - 1);
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 1))
        exit(1);
    return fd;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    long count = atol(argv[1]);
    double began = now();
    for (long i = 0; i < count; i++) {
        int fd = listener(argv[2]);
        pid_t child = fork();
        if (child == 0) {
            dup2(fd, 3);
            freopen("/dev/null", "r", stdin);
            execvp(argv[3], argv + 3);
            _exit(127);
        }
        close(fd);
        struct sockaddr_un at = {.sun_family = AF_UNIX};
        strncpy(at.sun_path, argv[2], sizeof at.sun_path - 1);
        int client = socket(AF_UNIX, SOCK_STREAM, 0);
        char greeting[4096];
        if (connect(client, (struct sockaddr *)&at, sizeof at) || recv(client, greeting, sizeof greeting, 0) <= 0)
            return 1;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        close(client);
    }
    printf("%.0f\n", (now() - began) / count);
    return 0;
}
