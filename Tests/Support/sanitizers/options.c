// Linked into what ./console test --sanitize builds, so that a program needs nothing of its environment to tell what it
// finds: some managers are started by others, with an environment that is theirs alone. TSAN_OPTIONS and the like still
// win. SYMBOLIZER, SUPPORT and REPORTS come from Tests/Support/sanitize. Not instrumented: the runtimes call it before
// they work.
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

// A file for each program that is started: in a namespace of its own every manager has the same pid.
static const char *with_report(char *text, const char *options) {
    static const char digits[] = "0123456789abcdef";
    const uint8_t *random = (const uint8_t *)(uintptr_t)getauxval(AT_RANDOM);
    char *end = text;
    for (const char *from = options; *from; from++) *end++ = *from;
    for (const char *from = " log_path=" REPORTS "/"; *from; from++) *end++ = *from;
    for (int i = 0; i < 16; i++) {
        *end++ = digits[random[i] >> 4];
        *end++ = digits[random[i] & 15];
    }
    *end = 0;
    return text;
}

const char *__tsan_default_options(void) {
    static char text[4096];
    return with_report(
        text, "external_symbolizer_path=" SYMBOLIZER " suppressions=" SUPPORT "/thread history_size=4");
}

const char *__asan_default_options(void) {
    static char text[4096];
    return with_report(text, "external_symbolizer_path=" SYMBOLIZER " detect_leaks=1");
}

const char *__lsan_default_options(void) { return "suppressions=" SUPPORT "/leaks print_suppressions=0"; }
