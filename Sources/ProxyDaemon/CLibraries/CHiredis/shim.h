/* hiredis' asynchronous connection with what it lacks: hooks that need no event library, and a guard in front of its
   parser. Only static inline wrappers: there is nothing to compile. */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* A connection, and what hiredis has told of it. */
typedef struct gw_redis_link {
    redisAsyncContext *context; /* NULL before the connection and once hiredis has freed it */
    int wants_write;
    char problem[160]; /* why it ended; empty where we ended it */
    size_t reply_bytes;
    const redisReplyObjectFunctions *makers;
    redisReplyObjectFunctions guards;
} gw_redis_link;

static inline void gw_redis_blame(gw_redis_link *link, const char *problem) {
    if (!link->problem[0]) strncpy(link->problem, problem, sizeof link->problem - 1);
}

/* The guard. hiredis asserts that nobody sends what it did not ask for, takes memory for as many elements as an array's
   head claims, and has no bound for a reply. A maker that returns NULL makes it end the connection. */
enum { GW_REDIS_MAX_ELEMENTS = 1 << 20, GW_REDIS_MAX_REPLY_BYTES = 128 << 20 };
static inline int gw_redis_allows(const redisReadTask *task, size_t bytes) {
    gw_redis_link *link = (gw_redis_link *)task->privdata;
    if (!task->parent) {
        link->reply_bytes = 0;
        if (!link->context || !link->context->replies.head) {
            gw_redis_blame(link, "it sent a reply that nobody had asked for");
            return 0;
        }
    }
    link->reply_bytes += bytes;
    if (link->reply_bytes <= GW_REDIS_MAX_REPLY_BYTES) return 1;
    gw_redis_blame(link, "it sent a reply that is too large");
    return 0;
}
static inline const redisReplyObjectFunctions *gw_redis_makers(const redisReadTask *task) {
    return ((const gw_redis_link *)task->privdata)->makers;
}
static inline void *gw_redis_make_string(const redisReadTask *task, char *text, size_t count) {
    return gw_redis_allows(task, count + sizeof(redisReply)) ? gw_redis_makers(task)->createString(task, text, count) : NULL;
}
static inline void *gw_redis_make_array(const redisReadTask *task, int count) {
    if (count > GW_REDIS_MAX_ELEMENTS) {
        gw_redis_blame((gw_redis_link *)task->privdata, "it sent a reply that is too large");
        return NULL;
    }
    return gw_redis_allows(task, sizeof(redisReply)) ? gw_redis_makers(task)->createArray(task, count) : NULL;
}
static inline void *gw_redis_make_integer(const redisReadTask *task, long long value) {
    return gw_redis_allows(task, sizeof(redisReply)) ? gw_redis_makers(task)->createInteger(task, value) : NULL;
}
static inline void *gw_redis_make_nil(const redisReadTask *task) {
    return gw_redis_allows(task, sizeof(redisReply)) ? gw_redis_makers(task)->createNil(task) : NULL;
}

/* The hooks. Reading is always wanted. */
static inline void gw_redis_ignore(void *link) { (void)link; }
static inline void gw_redis_add_write(void *link) { ((gw_redis_link *)link)->wants_write = 1; }
static inline void gw_redis_del_write(void *link) { ((gw_redis_link *)link)->wants_write = 0; }
static inline void gw_redis_cleanup(void *pointer) {
    gw_redis_link *link = (gw_redis_link *)pointer;
    if (!link->context) return;
    if (link->context->c.err) gw_redis_blame(link, link->context->c.errstr);
    link->context = NULL;
}

/* Begins to connect: to a Unix socket where there is a path, else to a numeric address. 0 where that failed at once. */
static inline int gw_redis_connect(gw_redis_link *link, const char *path, const char *address, int port) {
    redisAsyncContext *context = path ? redisAsyncConnectUnix(path) : redisAsyncConnect(address, port);
    if (!context) {
        gw_redis_blame(link, "there is no memory for a connection");
        return 0;
    }
    if (context->err) {
        gw_redis_blame(link, context->errstr);
        redisAsyncFree(context);
        return 0;
    }
    fcntl(context->c.fd, F_SETFD, FD_CLOEXEC);
    if (!path) redisEnableKeepAlive(&context->c);
    link->context = context;
    link->wants_write = 1;
    link->makers = context->c.reader->fn;
    link->guards = *link->makers;
    link->guards.createString = gw_redis_make_string;
    link->guards.createArray = gw_redis_make_array;
    link->guards.createInteger = gw_redis_make_integer;
    link->guards.createNil = gw_redis_make_nil;
    context->c.reader->fn = &link->guards;
    context->c.reader->privdata = link;
    context->ev.data = link;
    context->ev.addRead = gw_redis_ignore;
    context->ev.delRead = gw_redis_ignore;
    context->ev.addWrite = gw_redis_add_write;
    context->ev.delWrite = gw_redis_del_write;
    context->ev.cleanup = gw_redis_cleanup;
    return 1;
}
static inline int gw_redis_descriptor(const gw_redis_link *link) { return link->context ? link->context->c.fd : -1; }
static inline int gw_redis_is_connected(const gw_redis_link *link) {
    return link->context && link->context->c.flags & REDIS_CONNECTED;
}
/* One read of at most 16 KiB and the callbacks of the replies that are whole. Loses its patience with a reply that grows
   beyond all bounds. */
static inline void gw_redis_read(gw_redis_link *link) {
    if (link->context) redisAsyncHandleRead(link->context);
    if (link->context && link->context->c.reader->len > GW_REDIS_MAX_REPLY_BYTES) {
        gw_redis_blame(link, "it sent a reply that is too large");
        redisAsyncFree(link->context);
    }
}
static inline void gw_redis_write(gw_redis_link *link) {
    if (link->context) redisAsyncHandleWrite(link->context);
}
static inline void gw_redis_close(gw_redis_link *link) {
    if (link->context) redisAsyncFree(link->context);
}
/* Bytes that wait to be read. */
static inline int gw_redis_unread(const gw_redis_link *link) {
    int count = 0;
    return link->context && ioctl(link->context->c.fd, FIONREAD, &count) == 0 ? count : 0;
}
/* A command whose arguments stand one after the other in `bytes`. `reply` is called once, with NULL where the connection
   ends before there is one. 0 where the command was not taken and `reply` will not be called. */
static inline int gw_redis_send(gw_redis_link *link, redisCallbackFn *reply, void *data, const char *bytes,
                                const size_t *sizes, int count) {
    const char *few[16], **arguments = few;
    if (!link->context || count < 1) return 0;
    if (count > 16 && !(arguments = (const char **)malloc(sizeof *arguments * (size_t)count))) return 0;
    for (int at = 0; at < count; at++) {
        arguments[at] = bytes;
        bytes += sizes[at];
    }
    int result = redisAsyncCommandArgv(link->context, reply, data, count, arguments, sizes);
    if (arguments != few) free(arguments);
    return result == REDIS_OK;
}

/* epoll's events as plain numbers. */
static const uint32_t GW_REDIS_IN = EPOLLIN, GW_REDIS_OUT = EPOLLOUT, GW_REDIS_EDGE = EPOLLET;
/* Which module the enumerations of these headers belong to depends on how the standard library is linked. */
static const int GW_REDIS_STREAM = SOCK_STREAM;
static inline int gw_redis_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline int gw_redis_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
static const int GW_REDIS_ADD = EPOLL_CTL_ADD, GW_REDIS_MOD = EPOLL_CTL_MOD, GW_REDIS_DEL = EPOLL_CTL_DEL;
static inline int gw_redis_watch(int epoll, int operation, int fd, uint32_t events, uint64_t tag) {
    struct epoll_event event = {.events = events, .data = {.u64 = tag}};
    return epoll_ctl(epoll, operation, fd, &event);
}
static inline uint64_t gw_redis_event_tag(const struct epoll_event *event) { return event->data.u64; }
static inline uint32_t gw_redis_event_bits(const struct epoll_event *event) { return event->events; }
