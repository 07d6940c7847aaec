-- PUTs the same body under a new name each time. Arguments: what stands before the name, the file with the
-- body, and its media type.
local made, prefix, body = 0, "", ""

function init(arguments)
  prefix = arguments[1]
  local file = io.open(arguments[2], "rb")
  body = file:read("*a")
  file:close()
  wrk.headers["Content-Type"] = arguments[3]
end

function request()
  made = made + 1
  return wrk.format("PUT", prefix .. "t" .. made, nil, body)
end
