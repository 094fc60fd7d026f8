// upstream PORT SOCKET: an app that costs next to nothing, on both addresses at once. GET /small, /large, /events
// (an event with the time on it every ten milliseconds, chunked) and /accepted (connections so far).
#include "shared.h"

#include <fcntl.h>
#include <sys/timerfd.h>
#include <sys/un.h>

enum { CONNECTIONS = 65536, HEAD = 16384, EVENT_INTERVAL = 10000000 };

struct connection {
    bool streams, last;
    // Of a request whose head is not whole yet; allocated when first needed.
    char *head;
    size_t head_count;
    const char *rest;
    size_t rest_count;
};

static struct connection connections[CONNECTIONS];
static int streams[CONNECTIONS], stream_count;
static int poller, timer, accepted;
static char small[512], *large, scratch[HEAD];
static size_t small_count, large_count;

static size_t compose(char *response, size_t body) {
    int head = sprintf(
        response,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain;charset=utf-8\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\n"
        "Content-Length: %zu\r\n\r\n", body);
    fill(response + head, body);
    return (size_t)head + body;
}

static void watch(int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

// Only while somebody listens: a hundred of these apps are to cost nothing.
static void tick(bool on) {
    long interval = on ? EVENT_INTERVAL : 0;
    struct itimerspec times = {{0, interval}, {0, interval}};
    timerfd_settime(timer, 0, &times, NULL);
}

static void hang_up(int fd) {
    struct connection *connection = &connections[fd];
    for (int index = 0; connection->streams && index < stream_count; index++) {
        if (streams[index] == fd) streams[index--] = streams[--stream_count];
    }
    if (connection->streams && stream_count == 0) tick(false);
    free(connection->head);
    *connection = (struct connection){0};
    close(fd);
}

static void flush_rest(int fd) {
    struct connection *connection = &connections[fd];
    while (connection->rest_count > 0) {
        ssize_t sent = send(fd, connection->rest, connection->rest_count, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN) hang_up(fd);
            return;
        }
        connection->rest += sent;
        connection->rest_count -= (size_t)sent;
    }
    if (connection->last) hang_up(fd);
}

static void answer(int fd, const char *head, size_t count) {
    static char number[256];
    struct connection *connection = &connections[fd];
    connection->last = memmem(head, count, "\r\nConnection: close\r\n", 21) != NULL;
    if (memcmp(head, "GET /small ", 11) == 0) {
        connection->rest = small, connection->rest_count = small_count;
    } else if (memcmp(head, "GET /large ", 11) == 0) {
        connection->rest = large, connection->rest_count = large_count;
    } else if (memcmp(head, "GET /events ", 12) == 0) {
        static const char start[] =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        connection->rest = start, connection->rest_count = sizeof start - 1;
        connection->streams = true;
        if (stream_count == 0) tick(true);
        streams[stream_count++] = fd;
    } else {
        int digits = snprintf(NULL, 0, "%d", accepted);
        connection->rest = number;
        connection->rest_count =
            (size_t)sprintf(number, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%d", digits, accepted);
    }
    flush_rest(fd);
}

static void receive(int fd) {
    struct connection *connection = &connections[fd];
    char *into = connection->head ? connection->head : scratch;
    ssize_t received = recv(fd, into + connection->head_count, HEAD - connection->head_count, 0);
    if (received <= 0) {
        if (received == 0 || errno != EAGAIN) hang_up(fd);
        return;
    }
    size_t count = connection->head_count + (size_t)received;
    if (count >= 4 && memcmp(into + count - 4, "\r\n\r\n", 4) == 0) {
        connection->head_count = 0;
        return answer(fd, into, count);
    }
    if (count == HEAD) return hang_up(fd);
    if (!connection->head) {
        connection->head = malloc(HEAD);
        memcpy(connection->head, scratch, count);
    }
    connection->head_count = count;
}

static void take(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        if (fd >= CONNECTIONS) fail("too many connections");
        int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        accepted++;
        watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    }
}

static void tell_time(void) {
    char event[128], chunk[160];
    uint64_t ticks;
    if (read(timer, &ticks, sizeof ticks) < 0) return;
    for (int index = stream_count; index-- > 0;) {
        int size = sprintf(event, "data: %020llu#\n\n", (unsigned long long)now());
        int count = sprintf(chunk, "%x\r\n%s\r\n", (unsigned)size, event);
        if (send(streams[index], chunk, (size_t)count, MSG_NOSIGNAL) != count) hang_up(streams[index]);
    }
}

static int listen_on(struct sockaddr *address, socklen_t size) {
    int listener = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, address, size) != 0 || listen(listener, 4096) != 0) fail("cannot listen");
    watch(listener, EPOLLIN);
    return listener;
}

int main(int count, char **arguments) {
    if (count != 3) fail("usage: upstream PORT SOCKET");
    raise_descriptor_limit();
    large = malloc(LARGE + 512);
    small_count = compose(small, SMALL);
    large_count = compose(large, LARGE);
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    snprintf(path.sun_path, sizeof path.sun_path, "%s", arguments[2]);
    struct sockaddr_in port = loopback(arguments[1]);
    int local = listen_on((struct sockaddr *)&path, sizeof path);
    int tcp = listen_on((struct sockaddr *)&port, sizeof port);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    watch(timer, EPOLLIN);
    struct epoll_event events[256];
    for (;;) {
        int ready = epoll_wait(poller, events, 256, -1);
        for (int index = 0; index < ready; index++) {
            int fd = events[index].data.fd;
            if (fd == tcp || fd == local) take(fd);
            else if (fd == timer) tell_time();
            else if (events[index].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) hang_up(fd);
            else if (connections[fd].rest_count > 0) flush_rest(fd);
            else if (events[index].events & EPOLLIN) receive(fd);
        }
    }
}
