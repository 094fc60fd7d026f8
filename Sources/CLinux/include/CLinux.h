// What Glibc's module map leaves out. _GNU_SOURCE stays in the .c file: defined here it would make
// fd_set clash with Glibc's own.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/types.h>

int clinux_accept(int listener, void *address, unsigned *length);
int clinux_pipe(int ends[2]);
int clinux_become_subreaper(void);
// The signal that this process gets when its parent ends, instead of the one it was started with.
int clinux_signal_at_parents_end(int number);
// 0, or the error's number.
int clinux_start_thread(void *(*body)(void *), void *context, const char *name);
int clinux_forbid_dump(void);
int clinux_contains(const void *bytes, size_t count, const void *part, size_t part_count);
// The Swift runtime hands every job that belongs to no executor of its own to `enqueue` from now on.
void clinux_take_over_global_executor(void (*enqueue)(void *job));
void clinux_keep_heap(size_t bytes);
int clinux_syncfs(int descriptor);
void clinux_close_on_exec_from(int first);
const char *clinux_signal_name(int number);
int clinux_open(const char *path, int flags, int mode);
// Opens for reading what is below the folder, also through links that stay below it; through no link where the kernel
// cannot tell. Never waits, and does not become anybody's terminal.
int clinux_open_beneath(int folder, const char *path);
// Whose rights this thread has to files. Returns who it was before, for `clinux_act_again_as`.
struct clinux_identity {
    uid_t user;
    gid_t group;
    int parents_end;
};
struct clinux_identity clinux_act_as(struct clinux_identity who);
void clinux_act_again_as(struct clinux_identity who);
// Of what was sent on a TCP connection, the SYN included; -1 when the kernel does not say.
int64_t clinux_bytes_acknowledged(int descriptor);
// Raises the soft limit of open files to the hard one. Returns the soft limit before, or 0 if it cannot be told.
uint64_t clinux_raise_descriptor_limit(void);

// How many processes its user may have; the largest number where there is no limit.
uint64_t clinux_process_limit(void);

extern const int clinux_o_path;

// Exit status in a form Swift need not take apart with macros.
int clinux_exited(int status);
int clinux_exit_code(int status);
int clinux_term_signal(int status);

struct clinux_spawn {
    const char *path;
    const char *const *arguments;
    const char *const *environment;
    const char *directory;
    int input, output, error;
    int new_session;       // setsid, else setpgid: either way a group of its own
    int take_terminal;     // make the new group the foreground group of the terminal on descriptor 0
    int change_user;
    uid_t user;
    gid_t group;
    const gid_t *groups;
    size_t group_count;
    int niceness;
    int dies_with_parent;
    uint64_t descriptor_limit;  // the soft limit of open files, 0 to keep this process's
    uint64_t process_limit;     // how many its user may have before it can make no more, 0 for no limit of its own
};

// Returns the pid, or -1 with errno and the name of the call that failed.
pid_t clinux_spawn(const struct clinux_spawn *request, const char **failed_call);
