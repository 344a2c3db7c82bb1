/* sockaddr: the kernel's form of an address and port. */
#pragma once

#include <stdint.h>
#include <sys/socket.h>

#include "core/base/ip.h"

/* For a socket of `family` (AF_INET or AF_INET6); returns its length. */
socklen_t sockaddr_of(int family, const struct ip *ip, uint16_t port, struct sockaddr_storage *ret);

/* IPv4 becomes IPv4-mapped. Whatever is neither IPv4 nor IPv6 is "::" with port 0. */
void sockaddr_read(const struct sockaddr_storage *from, struct ip *ret_ip, uint16_t *ret_port);
