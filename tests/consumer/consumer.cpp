// SPDX-License-Identifier: MIT
// The same program as a C++ host sees it.
#include "consumer.c"
