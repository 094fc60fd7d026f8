// A race and a use after free, for the check that such are seen: in every program that ./console test --sanitize
// builds, and made only by one that is started with the word in the file FAULTY, while there is such a file.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int shared;

static void *race_on_purpose(void *ignored) {
    shared++;
    return ignored;
}

static void use_after_free_on_purpose(void) {
    volatile char *byte = malloc(1);
    free((void *)byte);
    *byte = 1;
}

__attribute__((constructor)) static void fail_on_purpose(int count, char **arguments) {
    char word[64] = "";
    FILE *file = fopen(FAULTY, "r");
    if (!file) return;
    if (fscanf(file, "%63s", word) != 1) word[0] = 0;
    fclose(file);
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], word)) continue;
#if __has_feature(thread_sanitizer)
        pthread_t thread;
        if (pthread_create(&thread, NULL, race_on_purpose, NULL)) abort();
        shared++;
        pthread_join(thread, NULL);
#else
        use_after_free_on_purpose();
#endif
        return;
    }
}
