/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/page_wait.h"

#include "base/list.h"

static void go_on(struct post *post)
{
	struct page_wait *page = container_of(post, struct page_wait, post);

	page->is_asked = false;
	page->has_page = true;
	if (page->is_left)
		page->free_walk(page);
	else
		ctl_cursor_ready(page->call);
}

void page_wait_init(struct page_wait *page, struct ctl_call *call, struct loop *loop,
		    void (*free_walk)(struct page_wait *page))
{
	*page = (struct page_wait){ .call = call, .loop = loop, .free_walk = free_walk, .post.fn = go_on };
}

void page_wait_found(struct page_wait *page)
{
	loop_post(page->loop, &page->post);
}

void page_wait_leave(struct page_wait *page)
{
	page->is_left = true;
	if (!page->is_asked)
		page->free_walk(page);
}
