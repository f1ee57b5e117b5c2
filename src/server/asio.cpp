// The bodies of Asio and Beast, compiled once (CMakeLists.txt keeps them out of the headers). Without -O they would be
// what a quiet server spends its time in.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
