/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ctl/command.h"
#include "io/loop.h"

/*
 * A response with many items asks for a page of them at a time, whose source may respond later and in any thread. Then
 * the response goes on in the main thread, unless the client has left: the walk is freed once nobody writes to it.
 *
 * All functions but page_wait_found() are for the main thread.
 */
struct page_wait {
	struct ctl_call *call;
	struct loop *loop;
	void (*free_walk)(struct page_wait *page);
	struct post post;
	bool is_asked; /* set by the caller: the source will respond later */
	bool has_page; /* it has; cleared by the caller */
	bool is_left;
};

void page_wait_init(struct page_wait *page, struct ctl_call *call, struct loop *loop,
		    void (*free_walk)(struct page_wait *page));
/* The source has responded. Any thread. */
void page_wait_found(struct page_wait *page);
/* The client has left: frees the walk, now or when the source has responded. */
void page_wait_leave(struct page_wait *page);
