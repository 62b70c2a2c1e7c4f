#include "CText.h"

#include <string.h>

/// Bytes between two looks at what was found: within them the loops have no branch.
enum { block = 512 };

static size_t least(size_t one, size_t other)
{
    return one < other ? one : other;
}

/// How many bytes the character has that begins with a byte from 0x80 on; 0 where none does.
static size_t sequence(const uint8_t *bytes, size_t left)
{
    uint8_t first = bytes[0], lowest = 0x80, highest = 0xBF;
    size_t count;
    if (first < 0xC2) return 0;
    if (first < 0xE0) {
        count = 2;
    } else if (first < 0xF0) {
        count = 3;
        if (first == 0xE0) lowest = 0xA0;
        if (first == 0xED) highest = 0x9F;
    } else if (first < 0xF5) {
        count = 4;
        if (first == 0xF0) lowest = 0x90;
        if (first == 0xF4) highest = 0x8F;
    } else {
        return 0;
    }
    if (left < count || bytes[1] < lowest || bytes[1] > highest) return 0;
    for (size_t at = 2; at < count; at++)
        if ((bytes[at] & 0xC0) != 0x80) return 0;
    return count;
}

size_t gw_first_invalid_utf8(const uint8_t *bytes, size_t count)
{
    size_t at = 0;
    while (at < count) {
        uint64_t word;
        while (count - at >= sizeof word) {
            memcpy(&word, bytes + at, sizeof word);
            if (word & 0x8080808080808080u) break;
            at += sizeof word;
        }
        while (at < count && bytes[at] < 0x80) at++;
        // Where one character is none of ASCII's, the next mostly is none either.
        while (at < count && bytes[at] >= 0x80) {
            size_t length = sequence(bytes + at, count - at);
            if (length == 0) return at;
            at += length;
        }
    }
    return count;
}

size_t gw_first_control(const uint8_t *bytes, size_t count)
{
    for (size_t at = 0; at < count;) {
        size_t end = at + least(block, count - at);
        uint8_t lowest = 0xFF;
        for (size_t place = at; place < end; place++) lowest = bytes[place] < lowest ? bytes[place] : lowest;
        if (lowest < 0x20) {
            while (bytes[at] >= 0x20) at++;
            return at;
        }
        at = end;
    }
    return count;
}

int gw_has_varying_escape(const uint8_t *bytes, size_t count)
{
    if (count == 0) return 0;
    for (size_t at = 0; at < count - 1;) {
        size_t end = at + least(block, count - 1 - at);
        uint8_t found = 0;
        for (size_t place = at; place < end; place++) {
            uint8_t next = bytes[place + 1];
            // "b" and "f" differ in one bit.
            found |= (uint8_t)((bytes[place] == '\\') & ((next == 'u') | (next == '/') | ((next & 0xFB) == 'b')));
        }
        if (found) return 1;
        at = end;
    }
    return bytes[count - 1] == '\\';
}
