/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/net.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/fd.h"

enum { ANSWER_SECONDS = 10, ANSWER_BYTES = 32768 };

int net_loopback_up(struct err *err)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	/* Any socket will do; one of AF_UNIX needs no protocol of the network. */
	_cleanup_fd_ int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return err_sys(err, "socket");
	if (ioctl(sock, SIOCSIFFLAGS, &request) < 0)
		return err_sys(err, "ioctl lo up");
	return 0;
}

int net_open(struct err *err)
{
	const struct timeval bound = { .tv_sec = ANSWER_SECONDS };
	_cleanup_fd_ int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (sock < 0)
		return err_sys(err, "socket netlink");
	if (setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof(bound)) < 0)
		return err_sys(err, "setsockopt SO_RCVTIMEO");
	return TAKE_FD(sock);
}

/* ---- requests and answers ----------------------------------------------------------------------- */

struct request {
	struct nlmsghdr head;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
	} body;
	unsigned char attributes[256];
};

static struct request start(unsigned type, unsigned flags, size_t body_size)
{
	return (struct request){
		.head = {
			.nlmsg_len = (uint32_t) NLMSG_LENGTH(body_size),
			.nlmsg_type = (uint16_t) type,
			.nlmsg_flags = (uint16_t) (NLM_F_REQUEST | flags),
			.nlmsg_seq = 1,
		},
	};
}

/* What is added is of a bounded size: names and addresses. */
static void add(struct request *request, unsigned type, const void *value, size_t size)
{
	const size_t at = NLMSG_ALIGN(request->head.nlmsg_len);
	const struct rtattr head = { .rta_len = (uint16_t) RTA_LENGTH(size),
		.rta_type = (uint16_t) type };
	unsigned char *to = (unsigned char *) request + at;

	memcpy(to, &head, sizeof(head));
	memcpy(to + RTA_LENGTH(0), value, size);
	request->head.nlmsg_len = (uint32_t) (at + RTA_ALIGN(head.rta_len));
}

typedef void (*take_fn)(const struct nlmsghdr *message, void *data);

/* Sends and reads until the acknowledgement or the end of the list. The cause is the kernel's. */
static int talk(int sock, const struct request *request, take_fn take, void *data)
{
	_Alignas(struct nlmsghdr) unsigned char bytes[ANSWER_BYTES];

	if (send(sock, request, request->head.nlmsg_len, 0) < 0)
		return errno;
	for (;;) {
		ssize_t got = recv(sock, bytes, sizeof(bytes), MSG_TRUNC);
		size_t left;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? ETIMEDOUT : errno;
		if ((size_t) got > sizeof(bytes))
			return EMSGSIZE;
		left = (size_t) got;
		for (const struct nlmsghdr *message = (const void *) bytes; NLMSG_OK(message, left);
			message = NLMSG_NEXT(message, left)) {
			if (message->nlmsg_type == NLMSG_DONE)
				return 0;
			if (message->nlmsg_type == NLMSG_ERROR) {
				struct nlmsgerr answer;

				memcpy(&answer, NLMSG_DATA(message), sizeof(answer));
				return -answer.error;
			}
			if (take != NULL)
				take(message, data);
		}
	}
}

/* ---- devices ------------------------------------------------------------------------------------ */

static void take_index(const struct nlmsghdr *message, void *data)
{
	struct ifinfomsg link;

	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	memcpy(&link, NLMSG_DATA(message), sizeof(link));
	*(int *) data = link.ifi_index;
}

int net_find(int sock, const char *name, struct err *err)
{
	struct request request = start(RTM_GETLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
	int index = 0, num;

	if (strlen(name) >= IFNAMSIZ)
		return err_num(err, ENODEV, "find network device %s", name);
	add(&request, IFLA_IFNAME, name, strlen(name) + 1);
	num = talk(sock, &request, take_index, &index);
	if (num == 0 && index <= 0)
		num = ENODEV;
	return num != 0 ? err_num(err, num, "find network device %s", name) : index;
}

int net_move(int sock, int index, int netns, const char *name, struct err *err)
{
	struct request request = start(RTM_NEWLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
	const uint32_t fd = (uint32_t) netns;
	int num;

	if (strlen(name) >= IFNAMSIZ)
		return err_num(err, EINVAL, "move network device to %s", name);
	request.body.link.ifi_index = index;
	request.body.link.ifi_change = IFF_UP; /* a device that is up has a fixed name */
	num = talk(sock, &request, NULL, NULL);
	if (num != 0)
		return err_num(err, num, "set network device %s down", name);
	request = start(RTM_NEWLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
	request.body.link.ifi_index = index;
	add(&request, IFLA_NET_NS_FD, &fd, sizeof(fd));
	add(&request, IFLA_IFNAME, name, strlen(name) + 1);
	num = talk(sock, &request, NULL, NULL);
	return num != 0 ? err_num(err, num, "move network device to %s", name) : 0;
}

int net_up(int sock, int index, struct err *err)
{
	struct request request = start(RTM_NEWLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
	int num;

	request.body.link.ifi_index = index;
	request.body.link.ifi_flags = IFF_UP;
	request.body.link.ifi_change = IFF_UP;
	num = talk(sock, &request, NULL, NULL);
	return num != 0 ? err_num(err, num, "set network device %d up", index) : 0;
}

/* ---- addresses ---------------------------------------------------------------------------------- */

struct taken {
	int index;
	struct arena *arena;
	struct net_address *list;
	size_t count;
};

static void copy(unsigned char *to, size_t room, size_t *ret_size, const void *from, size_t size)
{
	if (size > room)
		return;
	memcpy(to, from, size);
	*ret_size = size;
}

static void take_address(const struct nlmsghdr *message, void *data)
{
	struct taken *taken = data;
	struct net_address address = { 0 };
	const unsigned char *from = NLMSG_DATA(message);
	size_t left, at = NLMSG_ALIGN(sizeof(struct ifaddrmsg));
	struct ifaddrmsg head;

	if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(at))
		return;
	memcpy(&head, from, sizeof(head));
	if ((int) head.ifa_index != taken->index || head.ifa_scope != RT_SCOPE_UNIVERSE)
		return;
	address.family = head.ifa_family;
	address.prefix = head.ifa_prefixlen;
	address.flags = head.ifa_flags;
	left = message->nlmsg_len - NLMSG_LENGTH(0);
	while (at + sizeof(struct rtattr) <= left) {
		struct rtattr one;
		const unsigned char *value = from + at + RTA_LENGTH(0);
		size_t size;

		memcpy(&one, from + at, sizeof(one));
		if (one.rta_len < sizeof(one) || at + one.rta_len > left)
			break;
		size = one.rta_len - RTA_LENGTH(0);
		if (one.rta_type == IFA_LOCAL)
			copy(address.local, sizeof(address.local), &address.local_size, value,
				size);
		else if (one.rta_type == IFA_ADDRESS)
			copy(address.address, sizeof(address.address), &address.address_size, value,
				size);
		else if (one.rta_type == IFA_BROADCAST)
			copy(address.broadcast, sizeof(address.broadcast), &address.broadcast_size,
				value, size);
		else if (one.rta_type == IFA_FLAGS && size == sizeof(address.flags))
			memcpy(&address.flags, value, size);
		at += RTA_ALIGN(one.rta_len);
	}
	if ((address.flags & IFA_F_PERMANENT) != 0 && address.address_size > 0)
		*ARENA_PUSH(taken->arena, taken->list, taken->count) = address;
}

int net_addresses(int sock, int index, struct arena *arena, struct net_address **ret,
	size_t *ret_count, struct err *err)
{
	struct taken taken = { .index = index, .arena = arena };
	const struct request request = start(RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	const int num = talk(sock, &request, take_address, &taken);

	if (num != 0)
		return err_num(err, num, "list addresses of network device %d", index);
	*ret = taken.list;
	*ret_count = taken.count;
	return 0;
}

int net_add_address(int sock, int index, const struct net_address *address, struct err *err)
{
	/* What the kernel found out about it elsewhere does not hold here. */
	const uint32_t flags = address->flags &
		~(uint32_t) (IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_SECONDARY |
			IFA_F_OPTIMISTIC | IFA_F_STABLE_PRIVACY);
	struct request request = start(
		RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, sizeof(struct ifaddrmsg));
	int num;

	request.body.address.ifa_family = address->family;
	request.body.address.ifa_prefixlen = address->prefix;
	request.body.address.ifa_index = (uint32_t) index;
	request.body.address.ifa_scope = RT_SCOPE_UNIVERSE;
	if (address->local_size > 0)
		add(&request, IFA_LOCAL, address->local, address->local_size);
	add(&request, IFA_ADDRESS, address->address, address->address_size);
	if (address->broadcast_size > 0)
		add(&request, IFA_BROADCAST, address->broadcast, address->broadcast_size);
	add(&request, IFA_FLAGS, &flags, sizeof(flags));
	num = talk(sock, &request, NULL, NULL);
	return num != 0 ? err_num(err, num, "add an address to network device %d", index) : 0;
}
