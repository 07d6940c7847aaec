-- Asks for the same kind of thing under many names, in an order that looks random and is the same in
-- every run: method, prefix, then a file with one name a line.
local names, at, method, prefix = {}, 1, "GET", ""

function init(arguments)
  method, prefix = arguments[1], arguments[2]
  for line in io.lines(arguments[3]) do
    names[#names + 1] = line
  end
end

function request()
  at = (at * 48271) % 2147483647
  return wrk.format(method, prefix .. names[at % #names + 1])
end
