#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const int clinux_o_path = O_PATH;

int clinux_accept(int listener, void *address, unsigned *length) {
    return accept4(listener, (struct sockaddr *)address, (socklen_t *)length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int clinux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int clinux_forbid_dump(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int clinux_open_beneath(int folder, const char *path) {
    uint64_t flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    struct open_how how = {.flags = flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int descriptor = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
    if (descriptor >= 0 || (errno != ENOSYS && errno != EPERM)) return descriptor;
    return openat(folder, path, (int)flags | O_NOFOLLOW);
}

struct clinux_identity clinux_act_as(struct clinux_identity who) {
    // Of this thread alone. The group first: as that user it could not be set.
    struct clinux_identity before = {0};
    prctl(PR_GET_PDEATHSIG, &before.parents_end);
    before.group = (gid_t)setfsgid(who.group);
    before.user = (uid_t)setfsuid(who.user);
    return before;
}

void clinux_act_again_as(struct clinux_identity who) {
    setfsuid(who.user);
    setfsgid(who.group);
    // With the user the kernel has set this to what /proc/sys/fs/suid_dumpable says, and the signal to none.
    clinux_forbid_dump();
    if (who.parents_end != 0) clinux_signal_at_parents_end(who.parents_end);
}

int clinux_start_thread(void *(*body)(void *), void *context, const char *name) {
    pthread_t thread;
    int failure = pthread_create(&thread, NULL, body, context);
    if (failure != 0) return failure;
    pthread_setname_np(thread, name);
    return pthread_detach(thread);
}

int clinux_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int clinux_contains(const void *bytes, size_t count, const void *part, size_t part_count) {
    return memmem(bytes, count, part, part_count) != NULL;
}

int clinux_signal_at_parents_end(int number) { return prctl(PR_SET_PDEATHSIG, number, 0, 0, 0); }

// A hook that the runtime offers to platforms without dispatch.
extern __attribute__((swiftcall)) void (*swift_task_enqueueGlobal_hook)(void *job, void *original);
static void (*take_job)(void *job);

static __attribute__((swiftcall)) void enqueue_global(void *job, void *original) {
    (void)original;
    take_job(job);
}

void clinux_take_over_global_executor(void (*enqueue)(void *job)) {
    take_job = enqueue;
    swift_task_enqueueGlobal_hook = enqueue_global;
}

void clinux_keep_heap(size_t bytes) {
    mallopt(M_TRIM_THRESHOLD, (int)bytes);
    mallopt(M_MMAP_THRESHOLD, (int)bytes);
}

int clinux_syncfs(int descriptor) { return syncfs(descriptor); }

void clinux_close_on_exec_from(int first) {
    if (close_range((unsigned)first, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    for (int fd = first; fd < 1024; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

const char *clinux_signal_name(int number) { return sigabbrev_np(number); }

int clinux_open(const char *path, int flags, int mode) { return open(path, flags | O_CLOEXEC, mode); }

uint64_t clinux_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    return before;
}

uint64_t clinux_process_limit(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NPROC, &limit) == 0 ? limit.rlim_max : RLIM_INFINITY;
}

int clinux_exited(int status) { return WIFEXITED(status); }
int clinux_exit_code(int status) { return WEXITSTATUS(status); }
int clinux_term_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

// Runs in the child of vfork, on the parent's memory: system calls only, and for the ids the raw ones,
// since glibc's wrappers would change every thread of the parent.
static const char *become(const struct clinux_spawn *r) {
    struct sigaction fallback = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &fallback, NULL);

    if (r->new_session ? setsid() < 0 : setpgid(0, 0) != 0) return "setsid";
    // SIGTTOU is still blocked here, so this cannot stop us.
    if (r->take_terminal) tcsetpgrp(0, getpid());

    // Moved out of 0…2 first: a source may itself be one of the targets.
    int source[3] = {r->input, r->output, r->error};
    for (int i = 0; i < 3; i++)
        if (source[i] < 3 && source[i] != i && (source[i] = fcntl(source[i], F_DUPFD_CLOEXEC, 3)) < 0)
            return "dup";
    for (int i = 0; i < 3; i++) {
        if (source[i] == i) fcntl(i, F_SETFD, 0);
        else if (dup2(source[i], i) < 0) return "dup2";
    }
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);

    struct rlimit limit;
    if (r->descriptor_limit && getrlimit(RLIMIT_NOFILE, &limit) == 0 && r->descriptor_limit < limit.rlim_max) {
        limit.rlim_cur = r->descriptor_limit;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    // Both of them: who is not root can raise neither again. Of two that are set the lower one holds.
    if (r->process_limit && getrlimit(RLIMIT_NPROC, &limit) == 0 && r->process_limit < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max = r->process_limit;
        setrlimit(RLIMIT_NPROC, &limit);
    }
    if (r->niceness) setpriority(PRIO_PROCESS, 0, r->niceness);
    if (r->change_user) {
        if (syscall(SYS_setgroups, r->group_count, r->groups) != 0) return "setgroups";
        if (syscall(SYS_setgid, r->group) != 0) return "setgid";
        if (syscall(SYS_setuid, r->user) != 0) return "setuid";
    }
    // After the change of user, which clears it.
    if (r->dies_with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (r->directory && chdir(r->directory) != 0) return "chdir";

    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(r->path, (char *const *)r->arguments, (char *const *)r->environment);
    return "execve";
}

// vfork copies no page tables, so starting a child costs the same however large the manager is.
__attribute__((noinline)) pid_t clinux_spawn(const struct clinux_spawn *request, const char **failed_call) {
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_BLOCK, &all, &before) != 0) return -1;

    volatile int code = 0;
    const char *volatile failed = NULL;
    pid_t pid = vfork();
    if (pid == 0) {
        failed = become(request);
        code = errno;
        _exit(127);
    }
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pid < 0) {
        *failed_call = "fork";
        errno = fork_error;
        return -1;
    }
    if (failed) {
        waitpid(pid, NULL, 0);
        *failed_call = failed;
        errno = code;
        return -1;
    }
    return pid;
}
