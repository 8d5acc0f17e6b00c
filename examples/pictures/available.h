/* SPDX-License-Identifier: MIT */
#ifndef PICTURES_AVAILABLE_H
#define PICTURES_AVAILABLE_H

/* 0 where this program was built without cairo: every call that writes a picture fails then. */
int pictures_available(void);

#endif
