/* What Swift cannot import of libcurl and epoll: variadic functions, macros, and casts of function pointers.
   Only static inline wrappers: there is nothing to compile. */
#pragma once
#include <curl/curl.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static inline CURLcode gw_easy_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode gw_easy_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode gw_easy_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode gw_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode gw_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

typedef size_t (*gw_write_callback)(char *, size_t, size_t, void *);
static inline CURLcode gw_easy_set_write(CURL *easy, CURLoption option, gw_write_callback callback) {
    return curl_easy_setopt(easy, option, callback);
}
typedef curl_socket_t (*gw_open_callback)(void *, curlsocktype, struct curl_sockaddr *);
static inline CURLcode gw_easy_set_open(CURL *easy, gw_open_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}
typedef int (*gw_close_callback)(void *, curl_socket_t);
static inline CURLcode gw_easy_set_close(CURL *easy, gw_close_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, callback);
}
static inline curl_socket_t gw_open_socket(const struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Only http and https: nothing in a request may make libcurl read a file. The string option came with 7.85. */
static inline CURLcode gw_easy_allow_http_only(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}
/* Giving up on a name must not wait for the thread that looks it up: with a mute name server that takes ten seconds, in
   which no transfer of the loop would go on. The option came with 7.87. */
static inline CURLcode gw_easy_leave_lookups(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075700
    return curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#else
    return CURLE_OK;
#endif
}
/* What came of a body so far, as it travelled. */
static inline int64_t gw_easy_received(CURL *easy) {
    curl_off_t count = 0;
    return curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &count) == CURLE_OK ? (int64_t)count : 0;
}
static inline long gw_easy_status(CURL *easy) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static inline CURLMcode gw_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode gw_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}
typedef int (*gw_socket_callback)(CURL *, curl_socket_t, int, void *, void *);
static inline CURLMcode gw_multi_set_socket(CURLM *multi, gw_socket_callback callback) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
}
typedef int (*gw_timer_callback)(CURLM *, long, void *);
static inline CURLMcode gw_multi_set_timer(CURLM *multi, gw_timer_callback callback) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
}
/* The next finished transfer, or NULL. */
static inline CURL *gw_multi_next_done(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}

/* epoll's events as plain numbers. */
static const uint32_t GW_EPOLLIN = EPOLLIN, GW_EPOLLOUT = EPOLLOUT, GW_EPOLLERR = EPOLLERR, GW_EPOLLHUP = EPOLLHUP;
static inline int gw_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t tag) {
    struct epoll_event event = {.events = events, .data = {.u64 = tag}};
    return epoll_ctl(epoll, operation, fd, &event);
}
static inline uint64_t gw_epoll_tag(const struct epoll_event *event) { return event->data.u64; }
static inline uint32_t gw_epoll_events(const struct epoll_event *event) { return event->events; }
