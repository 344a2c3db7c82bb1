/* Gives every file of a folder to a fuzz target once: the corpus, and inputs that once broke
 * something, as an ordinary test.  Prints TAP. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The target ends the program where the law is broken. */
/* A target may give back here what it holds, before libraries take themselves down at exit. */
void fuzz_done(void) __attribute__((weak));

static void replay(const char *folder, const char *name, int number)
{
	static uint8_t octets[1 << 20];
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *in = fopen(path, "rb");
	size_t len = in ? fread(octets, 1, sizeof octets, in) : 0;
	if (in)
		fclose(in);
	uint8_t *exact = malloc(len ? len : 1);
	if (!exact)
		abort();
	memcpy(exact, octets, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	printf("%sok %d - %s\n", in ? "" : "not ", number, name);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct dirent **files;
	int count = argc == 2 ? scandir(argv[1], &files, is_file, alphasort) : -1;
	if (count <= 0) {
		fprintf(stderr, "usage: %s FOLDER with at least one file in it\n", argv[0]);
		return 2;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		replay(argv[1], files[i]->d_name, i + 1);
		free(files[i]);
	}
	free(files);
	if (fuzz_done)
		fuzz_done();
	return 0;
}
