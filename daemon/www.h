/*
 * The page's files, over HTTP: its shell at the page addresses, the rest under /www/.
 *
 * Held in memory and looked at anew, off the loop, at most a few times a second while somebody asks; so a changed
 * file is served at once, and without requests nothing is done. Where no folder is found the shell's addresses
 * answer a page that says so, and all else works. Loop's thread.
 */
#ifndef NXD_WWW_H
#define NXD_WWW_H

#include <stdint.h>

struct nxd;
struct www_look;
struct www_set;

struct www {
    struct www_set *set;      /* NULL: none found, or none that could be read */
    struct www_look *looking; /* on the pool now */
    uint64_t looked;          /* the loop's milliseconds */
};

/* Before the loop runs: finds and reads the files, or says once that they are not there. */
void www_start(struct nxd *d);
void www_fini(struct nxd *d);

#endif
