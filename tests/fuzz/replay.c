/* Gives every file of some folders to a fuzz target once: seeds, and inputs that once broke
 * something, as an ordinary test.  A folder that is not there has no files.  Prints TAP. */
#include <dirent.h>
#include <stdio.h>

#include "fuzz.h"

void fuzz_done(void) __attribute__((weak));

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The target ends the program where the law is broken. */
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

static int replay_folder(const char *folder, int number)
{
	struct dirent **files;
	int count = scandir(folder, &files, is_file, alphasort);
	for (int i = 0; i < count; i++) {
		replay(folder, files[i]->d_name, ++number);
		free(files[i]);
	}
	if (count >= 0)
		free(files);
	return number;
}

int main(int argc, char **argv)
{
	int count = 0;
	for (int i = 1; i < argc; i++)
		count = replay_folder(argv[i], count);
	if (count == 0) {
		fprintf(stderr, "usage: %s FOLDER... with at least one file\n", argv[0]);
		return 2;
	}
	if (fuzz_done)
		fuzz_done();
	printf("1..%d\n", count);
	return 0;
}
