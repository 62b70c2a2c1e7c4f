/// The scripts that make limits and budgets one step for all daemons. Redis runs a script alone, and its own clock counts.
enum RedisLimitScripts {
    /// Does each thing once that the others do, so that an access list which lacks one is found out before half of a script is
    /// done. `KEYS`: a bucket, a hash and a set that nobody uses.
    static let trial = """
        redis.call('TIME')
        redis.call('SET', KEYS[1], '1', 'NX', 'EX', '10')
        redis.call('GET', KEYS[1])
        redis.call('DEL', KEYS[1])
        redis.call('HSET', KEYS[2], 'day', '0')
        redis.call('EXPIRE', KEYS[2], '10')
        redis.call('HGET', KEYS[2], 'day')
        redis.call('HINCRBY', KEYS[2], 'day', '1')
        redis.call('ZADD', KEYS[3], '1', '0 1')
        redis.call('EXPIRE', KEYS[3], '10')
        redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '0', 'LIMIT', '0', '1')
        redis.call('ZREM', KEYS[3], '0 1')
        redis.call('DEL', KEYS[2])
        return {1}
        """

    /// Numbers of Lua are exact up to 2^53: microseconds until the year 2255, nano-dollars up to nine million dollars.
    ///
    /// `KEYS`: buckets. `ARGV`: for each its limit, its period in microseconds and the units wanted. Takes from all or from
    /// none. Returns for each: allowed, remaining, reset and retry in microseconds.
    static let take = """
        local t = redis.call('TIME')
        local now = t[1] * 1000000 + t[2]
        local found, all = {}, true
        for i, key in ipairs(KEYS) do
          local limit, period = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
          local units = math.min(tonumber(ARGV[3 * i]), limit)
          local before = math.max(tonumber(redis.call('GET', key) or now), now)
          local after = before + units * period / limit
          local wait = after - period - now
          if wait > 0.5 then all = false end
          found[i] = {limit, period, before, after, wait}
        end
        local reply = {}
        for i, key in ipairs(KEYS) do
          local limit, period, before, after, wait = unpack(found[i])
          local kept = before
          if all then
            kept = after
            redis.call('SET', key, string.format('%.3f', kept), 'PX', math.ceil((kept - now) / 1000) + 1000)
          end
          local left = math.max(0, math.floor((period - (kept - now)) * limit / period + 0.000001))
          table.insert(reply, wait > 0.5 and 0 or 1)
          table.insert(reply, left)
          table.insert(reply, math.ceil(kept - now))
          table.insert(reply, math.max(0, math.ceil(wait)))
        end
        return reply
        """

    /// `KEYS`: a bucket. `ARGV`: its limit, its period in microseconds, units more (or, negative, fewer) than were taken.
    static let correct = """
        local t = redis.call('TIME')
        local now = t[1] * 1000000 + t[2]
        local limit, period, units = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local before = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
        local after = math.min(before + units * period / limit, now + 10 * period)
        if after <= now then return redis.call('DEL', KEYS[1]) end
        redis.call('SET', KEYS[1], string.format('%.3f', after), 'PX', math.ceil((after - now) / 1000) + 1000)
        return 1
        """

    /// `KEYS`: sets of streams. `ARGV`: id, lifetime in seconds, then for each set how many it may have. Returns which of the sets
    /// is full, or 0: then the stream is in all of them.
    static let enterStream = """
        local now = tonumber(redis.call('TIME')[1])
        for i, key in ipairs(KEYS) do
          for _, old in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, 1000)) do
            redis.call('ZREM', key, old)
          end
          local most = tonumber(ARGV[2 + i])
          if #redis.call('ZRANGEBYSCORE', key, '(' .. now, '+inf', 'LIMIT', 0, most) >= most then return {i} end
        end
        for _, key in ipairs(KEYS) do
          redis.call('ZADD', key, now + ARGV[2], ARGV[1])
          redis.call('EXPIRE', key, ARGV[2])
        end
        return {0}
        """

    /// `KEYS`: a set of streams. `ARGV`: lifetime in seconds, then streams that go on.
    static let renewStreams = """
        local now = tonumber(redis.call('TIME')[1])
        for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i]) end
        redis.call('EXPIRE', KEYS[1], ARGV[1])
        return {0}
        """

    /// The day and the month of now (days to the civil calendar, years beginning in March), and the sums of a scope with what
    /// has outlived its time taken out.
    ///
    /// What an access list refuses ends a script where it stands, with what it did before done. So each kind of command that
    /// changes a sum is first carried out without effect: the sums are changed as a whole or not at all.
    private static let account = """
        local now = tonumber(redis.call('TIME')[1])
        local day = math.floor(now / 86400)
        local z = day + 719468
        local era = math.floor(z / 146097)
        local doe = z - era * 146097
        local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
        local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
        local mp = math.floor((5 * doy + 2) / 153)
        local mon = mp < 10 and mp + 3 or mp - 9
        local month = (yoe + era * 400 + (mon <= 2 and 1 or 0)) * 12 + mon - 1
        local function sums(h, r)
          if tonumber(redis.call('HGET', h, 'day') or -1) ~= day then
            redis.call('HSET', h, 'day', string.format('%d', day), 'day_spent', '0')
          end
          if tonumber(redis.call('HGET', h, 'month') or -1) ~= month then
            redis.call('HSET', h, 'month', string.format('%d', month), 'month_spent', '0')
          end
          for _, old in ipairs(redis.call('ZRANGEBYSCORE', r, '-inf', now, 'LIMIT', 0, 1000)) do
            redis.call('ZREM', r, old)
            redis.call('HINCRBY', h, 'reserved', '-' .. string.match(old, ' (%d+)$'))
          end
          local held = redis.call('HINCRBY', h, 'reserved', '0')
          redis.call('EXPIRE', h, 3456000)
          return redis.call('HGET', h, 'day_spent'), redis.call('HGET', h, 'month_spent'), held
        end

        """

    /// `KEYS`: for each scope the hash of its sums and the sorted set of its reservations. `ARGV`: id, amount, lifetime in
    /// seconds, then for each scope the budgets of a day and of a month, −1 for none. Returns 1 or 0, then for each scope day,
    /// what was spent in it, month, what was spent in it, what is put aside.
    static let reserve =
        account + """
            local granted, reply = 1, {}
            local amount = tonumber(ARGV[2])
            for i = 1, #KEYS / 2 do
              local ds, ms, held = sums(KEYS[2 * i - 1], KEYS[2 * i])
              local most_day, most_month = tonumber(ARGV[2 + 2 * i]), tonumber(ARGV[3 + 2 * i])
              if most_day >= 0 and ds + held + amount > most_day then granted = 0 end
              if most_month >= 0 and ms + held + amount > most_month then granted = 0 end
              for _, v in ipairs({string.format('%d', day), ds, string.format('%d', month), ms, held}) do
                table.insert(reply, v)
              end
            end
            if granted == 1 then
              for i = 1, #KEYS / 2 do
                redis.call('ZADD', KEYS[2 * i], now + ARGV[3], ARGV[1] .. ' ' .. ARGV[2])
                redis.call('HINCRBY', KEYS[2 * i - 1], 'reserved', ARGV[2])
                redis.call('EXPIRE', KEYS[2 * i], ARGV[3] + 60)
              end
            end
            table.insert(reply, 1, granted)
            return reply
            """

    /// `KEYS`: the mark that this was done, then for each scope its hash and its set. `ARGV`: what was spent, lifetime of the
    /// mark in seconds, then the reservations as they stand in the sets. Done once for each mark.
    static let settle =
        account + """
            for i = 1, (#KEYS - 1) / 2 do
              sums(KEYS[2 * i], KEYS[2 * i + 1])
              redis.call('ZREM', KEYS[2 * i + 1], '')
            end
            if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[2]) then return 0 end
            for i = 1, (#KEYS - 1) / 2 do
              local h, r = KEYS[2 * i], KEYS[2 * i + 1]
              for n = 3, #ARGV do
                if redis.call('ZREM', r, ARGV[n]) == 1 then
                  redis.call('HINCRBY', h, 'reserved', '-' .. string.match(ARGV[n], ' (%d+)$'))
                end
              end
              redis.call('HINCRBY', h, 'day_spent', ARGV[1])
              redis.call('HINCRBY', h, 'month_spent', ARGV[1])
            end
            return 1
            """
}
