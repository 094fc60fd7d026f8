// load closed|paced|events|idle PORT NAME=VALUE…: requests to loopback, every answer looked at; prints JSON.
//   closed  each connection sends on when its answer is whole
//   paced   `rate` requests a second at random moments, whatever becomes of those before; times count from there
//   events  each connection reads /events; times are from an event's making to its arrival
//   idle    each connection gets one answer and stays; another one when standard input has ended
// NAMEs: path, connections, seconds, rate, fresh=1 (a connection for each request), body (its length; unset: any),
// record (a file that gets a line for each request: due and done in ns, status or 0, the answer's X-Release).
#include "shared.h"

#include <math.h>
#include <sys/prctl.h>

enum { HEAD = 2048, SCRATCH = 256 << 10, FAILURES = 1000000, GRACE = 10, AT_ONCE = 64 };
enum state { CLOSED, FREE, BUSY, ENDING };

struct connection {
    enum state state;
    int fd, status, release;
    uint64_t due;
    // Of the body: what came of it, and what is to come; -1 before the head is whole.
    long count, left;
    char *head;
    size_t head_count;
};

struct outcome {
    uint64_t due, done;
    int status, release;
};

static const char *mode, *port, *path = "/small", *record;
static int connection_count = 64, wanted_body = -1;
static double seconds = 1, rate = 1000;
static bool fresh, paced, idle, streams;

static struct sockaddr_in address;
static char request[1024], scratch[SCRATCH + 1], *expected;
static size_t request_count;
static int poller;
// Those that wait for something to send, in a ring.
static struct connection *connections, **spare;
static int spare_first, spare_count;
static uint64_t next_due, deadline;
static long answered, failed, opened, unsent;
static char first_failure[200];
static struct outcome *outcomes;
static size_t outcome_count, outcome_space;

static void keep(uint64_t due, int status, int release) {
    if (outcome_count == outcome_space) {
        outcome_space = outcome_space ? outcome_space * 2 : 1 << 18;
        outcomes = realloc(outcomes, outcome_space * sizeof *outcomes);
    }
    outcomes[outcome_count++] = (struct outcome){due, now(), status, release};
}

static void put_back(struct connection *connection) {
    spare[(spare_first + spare_count++) % connection_count] = connection;
}

static void hang_up(struct connection *connection) {
    if (connection->fd >= 0) close(connection->fd);
    connection->fd = -1;
    connection->state = CLOSED;
}

static void count_failure(const char *what, int number) {
    if (failed++ == 0) snprintf(first_failure, sizeof first_failure, "%s %d", what, number);
    if (failed > FAILURES) fail("too many failures, the first: %s", first_failure);
}

static void miss(struct connection *connection, const char *what) {
    count_failure(what, errno);
    if (connection->state == BUSY) keep(connection->due, 0, 0);
    if (connection->state != FREE) put_back(connection);
    hang_up(connection);
}

static bool dial(struct connection *connection) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
    if (fd < 0) fail("socket");
    connection->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (fresh) {
        // One address has too few ports for all that were closed within a minute.
        struct sockaddr_in source = {.sin_family = AF_INET};
        source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(opened % 200));
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        if (bind(fd, (struct sockaddr *)&source, sizeof source) != 0) fail("bind");
        // Closed once the server has closed; a reset then spares the kernel a hundred thousand TIME_WAITs, which would
        // make each round dearer than the one before.
        struct linger reset = {1, 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    opened++;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) return false;
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
    return true;
}

// On loopback a connection stands when connect returns, so that the request can follow at once.
static void begin(struct connection *connection, uint64_t due) {
    bool open = connection->state == FREE;
    connection->state = BUSY;
    connection->due = due;
    connection->status = connection->release = 0;
    connection->count = 0, connection->left = -1;
    connection->head_count = 0;
    if (!open && !dial(connection)) return miss(connection, "connect");
    if (send(connection->fd, request, request_count, MSG_NOSIGNAL) != (ssize_t)request_count) miss(connection, "send");
}

static struct connection *take_spare(void) {
    struct connection *connection = spare[spare_first];
    spare_first = (spare_first + 1) % connection_count;
    spare_count--;
    return connection;
}

// A random distance to the next request, always the same row of them.
static uint64_t distance(void) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (uint64_t)(-log(((double)(state >> 11) + 1) / 9007199254740993.0) / rate * 1e9);
}

static void send_due(void) {
    while (spare_count > 0) {
        uint64_t time = now();
        if (paced && (next_due > time || next_due > deadline)) return;
        if (!paced && !idle && time > deadline) return;
        if (idle || streams) {
            if (unsent == 0 || (idle && connection_count - spare_count >= AT_ONCE)) return;
            unsent--;
        }
        begin(take_spare(), paced ? next_due : time);
        if (paced) next_due += distance();
    }
}

static void finish(struct connection *connection) {
    if (connection->status == 200) answered++;
    else count_failure("status", connection->status);
    keep(connection->due, connection->status, connection->release);
    connection->state = fresh ? ENDING : FREE;
    if (!fresh) put_back(connection);
}

static bool read_head(struct connection *connection, char *head, size_t count) {
    char first = head[count], *field;
    head[count] = 0;
    if (memcmp(head, "HTTP/1.1 ", 9) != 0) return false;
    connection->status = atoi(head + 9);
    if ((field = strcasestr(head, "\r\nContent-Length: "))) connection->left = atol(field + 18);
    if (record && (field = strcasestr(head, "\r\nX-Release: "))) connection->release = atoi(field + 13);
    if (streams && strcasestr(head, "text/event-stream")) connection->left = 1L << 60;
    head[count] = first;
    if (connection->left < 0) return false;
    return wanted_body < 0 || connection->status != 200 || connection->left == wanted_body;
}

// The whole of a small body; of a large one the ends of each piece.
static bool is_right(struct connection *connection, const char *bytes, size_t count) {
    if (wanted_body < 0 || connection->status != 200) return true;
    size_t part = count < 128 ? count : 64;
    const char *here = expected + connection->count;
    return memcmp(bytes, here, part) == 0 && memcmp(bytes + count - part, here + count - part, part) == 0;
}

static void take_events(const char *bytes, size_t count) {
    const char *end = bytes + count, *mark;
    for (; (mark = memchr(bytes, '#', (size_t)(end - bytes))); bytes = mark + 1) {
        answered++;
        // One that came in two pieces is counted, its time is not known.
        if (mark - bytes >= 20) keep(strtoull(mark - 20, NULL, 10), 200, 0);
    }
}

static bool take_body(struct connection *connection, const char *bytes, size_t count) {
    if ((long)count > connection->left || !is_right(connection, bytes, count)) return false;
    if (streams) take_events(bytes, count);
    connection->count += (long)count;
    connection->left -= (long)count;
    if (connection->left == 0) finish(connection);
    return true;
}

static bool take_head(struct connection *connection, char *bytes, size_t count) {
    char *end, *head = bytes;
    size_t before = connection->head_count;
    if (before > 0 || !memmem(bytes, count, "\r\n\r\n", 4)) {
        if (before + count > HEAD) return false;
        if (!connection->head) connection->head = malloc(HEAD + 1);
        head = connection->head;
        memcpy(head + before, bytes, count);
        connection->head_count += count;
    }
    if (!(end = memmem(head, before + count, "\r\n\r\n", 4))) return true;
    size_t size = (size_t)(end + 4 - head);
    return read_head(connection, head, size) && take_body(connection, head + size, before + count - size);
}

static void receive(struct connection *connection) {
    ssize_t count;
    do {
        count = recv(connection->fd, scratch, SCRATCH, 0);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0 && connection->state == ENDING) {
            hang_up(connection);
            return put_back(connection);
        }
        // The server may close an idle one while nothing is due.
        if (count == 0 && connection->state == FREE && paced) return hang_up(connection);
        if (count <= 0) return miss(connection, "closed too early");
        bool taken = connection->state == BUSY;
        if (taken && connection->left < 0) taken = take_head(connection, scratch, (size_t)count);
        else if (taken) taken = take_body(connection, scratch, (size_t)count);
        if (!taken) return miss(connection, "a wrong answer");
    } while (count == SCRATCH);
}

static void wait_and_handle(uint64_t until) {
    struct epoll_event ready[256];
    uint64_t time = now(), left = until > time ? until - time : 0;
    struct timespec timeout = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
    int count = epoll_pwait2(poller, ready, 256, &timeout, NULL);
    for (int index = 0; index < count; index++) {
        receive(ready[index].data.ptr);
        send_due();
    }
}

static void run(void) {
    uint64_t started = now(), end;
    deadline = started + (uint64_t)(seconds * 1e9);
    next_due = started + distance();
    unsent = connection_count;
    if (idle) deadline = started + 120000000000u;
    for (;;) {
        send_due();
        bool sent = idle ? unsent == 0 : (paced ? next_due : now()) > deadline;
        if (sent && (streams || spare_count == connection_count)) break;
        end = deadline + (uint64_t)GRACE * 1000000000u;
        if (now() > end) break;
        wait_and_handle(paced && spare_count > 0 && next_due < deadline ? next_due : sent ? end : deadline);
    }
    for (int index = 0; index < connection_count && !streams; index++) {
        if (connections[index].state == BUSY) miss(&connections[index], "no answer");
    }
    seconds = (double)(now() - started) / 1e9;
}

static int by_time(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static void print_result(void) {
    double *times = malloc((outcome_count + 1) * sizeof *times);
    size_t count = 0;
    FILE *file = record ? fopen(record, "w") : NULL;
    if (record && !file) fail("%s", record);
    for (size_t index = 0; index < outcome_count; index++) {
        struct outcome *it = &outcomes[index];
        if (it->status == 200) times[count++] = (double)(it->done - it->due) / 1e3;
        if (file) fprintf(file, "%lu %lu %d %d\n", it->due, it->done, it->status, it->release);
    }
    if (file) fclose(file);
    qsort(times, count, sizeof *times, by_time);
    if (count == 0) times[count++] = 0;
    printf(
        "{\"answered\": %ld, \"failed\": %ld, \"first_failure\": \"%s\", \"connections\": %ld, \"seconds\": %.6f, "
        "\"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f, \"max\": %.1f}\n", answered, failed, first_failure, opened,
        seconds, times[count / 2], times[count * 99 / 100], times[count * 999 / 1000], times[count - 1]);
    fflush(stdout);
}

static void read_option(const char *option) {
    const char *value = strchr(option, '=');
    if (!value++) fail("NAME=VALUE is expected, not %s", option);
    size_t name = (size_t)(value - option);
    if (strncmp(option, "path=", name) == 0) path = value;
    else if (strncmp(option, "connections=", name) == 0) connection_count = atoi(value);
    else if (strncmp(option, "seconds=", name) == 0) seconds = atof(value);
    else if (strncmp(option, "rate=", name) == 0) rate = atof(value);
    else if (strncmp(option, "fresh=", name) == 0) fresh = atoi(value);
    else if (strncmp(option, "body=", name) == 0) wanted_body = atoi(value);
    else if (strncmp(option, "record=", name) == 0) record = value;
    else fail("there is no option %s", option);
}

int main(int count, char **arguments) {
    if (count < 3) fail("usage: load closed|paced|events|idle PORT NAME=VALUE…");
    mode = arguments[1], port = arguments[2];
    paced = strcmp(mode, "paced") == 0, idle = strcmp(mode, "idle") == 0, streams = strcmp(mode, "events") == 0;
    if (streams) path = "/events";
    for (int index = 3; index < count; index++) read_option(arguments[index]);
    raise_descriptor_limit();
    address = loopback(port);
    expected = malloc(LARGE);
    fill(expected, LARGE);
    request_count = (size_t)snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nUser-Agent: load/1.0\r\nAccept: text/plain, */*;q=0.8\r\n"
        "Accept-Language: en\r\n%s\r\n", path, port, fresh ? "Connection: close\r\n" : "");
    poller = epoll_create1(EPOLL_CLOEXEC);
    connections = calloc((size_t)connection_count, sizeof *connections);
    spare = calloc((size_t)connection_count, sizeof *spare);
    for (int index = 0; index < connection_count; index++) {
        connections[index].fd = -1;
        put_back(&connections[index]);
    }
    // Timeouts of the poller are otherwise 50 µs late.
    prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
    run();
    print_result();
    if (!idle) return 0;
    while (getchar() != EOF) {}
    answered = failed = 0, outcome_count = 0;
    run();
    print_result();
}
