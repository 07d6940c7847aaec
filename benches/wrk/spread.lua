-- GETs the same kind of thing under many names, in an order that looks random and is the same in every
-- run. Arguments: what stands before each name, and a file with one name a line.
local names, at, prefix = {}, 1, ""

function init(arguments)
  prefix = arguments[1]
  for line in io.lines(arguments[2]) do
    names[#names + 1] = line
  end
end

function request()
  at = (at * 48271) % 2147483647
  return wrk.format("GET", prefix .. names[at % #names + 1])
end
