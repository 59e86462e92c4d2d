/*
 * The string kernel in use (json/scan.h says what it does). Private to src/json.
 */
#ifndef NX_JSON_KERNEL_H
#define NX_JSON_KERNEL_H

#include "json/scan.h"

extern nx_scan_kernel nx_kernel_now;

#endif
