/* SPDX-License-Identifier: MPL-2.0 */
#ifndef KEA_FIELDS_H
#define KEA_FIELDS_H

/*
 * The fields of all objects that hook libraries see. These rows are the only description of them: enum kea_field, the
 * server's accessors, the reference and the bindings of scripting languages are made from them.
 *
 *	F(OBJECT, number, CONSTANT, name, type, access, families, since, doc)
 *
 * type: INT (a bool is 0 or 1), TEXT, BYTES, ADDR (as bytes 4 or 16, as text "192.0.2.1"). Every field can also be
 * read as text.
 * access: RO, or RW: may be written at those points whose table marks the object with "*".
 * families: 4, 6 or 46; 0 is kea-dhcp-ddns, 460 is all.
 *
 * Numbers are never changed or used again.
 */
/* clang-format off */
#define KEA_FIELDS(F)                                                                                                 \
	/* the message from the client, and the response */                                                           \
	F(PACKET, 1, TYPE, "type", INT, RO, 46, "1.0", "message type: DHCPDISCOVER is 1, SOLICIT is 1; BOOTP is 0")   \
	F(PACKET, 2, TYPE_NAME, "type_name", TEXT, RO, 46, "1.0", "name of the message type: \"DHCPDISCOVER\"")       \
	F(PACKET, 3, TXID, "txid", INT, RO, 46, "1.0", "transaction id")                                              \
	F(PACKET, 4, LOCAL_ADDR, "local_addr", ADDR, RO, 46, "1.0", "the server's address of the datagram")           \
	F(PACKET, 5, LOCAL_PORT, "local_port", INT, RO, 46, "1.0", "the server's UDP port")                           \
	F(PACKET, 6, REMOTE_ADDR, "remote_addr", ADDR, RO, 46, "1.0", "address of the client or relay")               \
	F(PACKET, 7, REMOTE_PORT, "remote_port", INT, RO, 46, "1.0", "UDP port of the client or relay")               \
	F(PACKET, 8, IFACE_INDEX, "iface_index", INT, RO, 46, "1.0", "index of the interface")                        \
	F(PACKET, 9, IFACE_NAME, "iface_name", TEXT, RO, 46, "1.0", "name of the interface")                          \
	F(PACKET, 10, DATA, "data", BYTES, RW, 46, "1.0", "the datagram: as received, or once packed as it is sent")  \
	F(PACKET, 11, RELAYED, "relayed", INT, RO, 46, "1.0", "1 if it came through a relay")                         \
	F(PACKET, 12, HWADDR, "hwaddr", BYTES, RO, 46, "1.0",                                                         \
	  "hardware address of the client; DHCPv6: found by \"mac-sources\", empty if unknown")                       \
	F(PACKET, 13, HWTYPE, "hwtype", INT, RO, 46, "1.0", "hardware type of the client's address")                  \
	F(PACKET, 14, CLIENT_ID, "client_id", BYTES, RO, 46, "1.0",                                                   \
	  "client identifier, option 61; DHCPv6: DUID; empty if the client sent none")                                \
	F(PACKET, 15, REMOTE_HWADDR, "remote_hwaddr", BYTES, RO, 46, "1.0",                                           \
	  "hardware address that sent the datagram; empty if the socket does not know it")                            \
	F(PACKET, 16, LOCAL_HWADDR, "local_hwaddr", BYTES, RO, 46, "1.0",                                             \
	  "hardware address that the datagram was sent to; empty if the socket does not know it")                     \
	F(PACKET, 17, LABEL, "label", TEXT, RO, 46, "1.0", "the client as log lines begin with it")                   \
	F(PACKET, 18, SOCKET_US, "socket_us", INT, RO, 46, "1.1",                                                     \
	  "query: when the kernel received the datagram, us of the clock of now_us()")                                \
	F(PACKET, 19, READ_US, "read_us", INT, RO, 46, "1.1", "query: when the server read it, same clock")           \
	F(PACKET, 20, HOPS, "hops", INT, RW, 4, "1.0", "field hops")                                                  \
	F(PACKET, 21, SECS, "secs", INT, RW, 4, "1.0", "field secs")                                                  \
	F(PACKET, 22, FLAGS, "flags", INT, RW, 4, "1.0", "field flags")                                               \
	F(PACKET, 23, CIADDR, "ciaddr", ADDR, RW, 4, "1.0", "field ciaddr")                                           \
	F(PACKET, 24, YIADDR, "yiaddr", ADDR, RW, 4, "1.0", "field yiaddr")                                           \
	F(PACKET, 25, SIADDR, "siaddr", ADDR, RW, 4, "1.0", "field siaddr: the next server")                          \
	F(PACKET, 26, GIADDR, "giaddr", ADDR, RW, 4, "1.0", "field giaddr: the relay")                                \
	F(PACKET, 27, SNAME, "sname", TEXT, RW, 4, "1.0", "field sname: the server's name, at most 63 bytes")         \
	F(PACKET, 28, FILE, "file", TEXT, RW, 4, "1.0", "field file: the boot file, at most 127 bytes")               \
	F(PACKET, 29, CHADDR, "chaddr", BYTES, RW, 4, "1.0",                                                          \
	  "field chaddr, hlen bytes of it; may be written in a response that a library makes with answer()")          \
	F(PACKET, 30, HTYPE, "htype", INT, RW, 4, "1.1", "field htype; writable like chaddr")                         \
	F(PACKET, 40, N_RELAYS, "relays", INT, RO, 6, "1.0", "how many relays the message came through")              \
	/* a relay's envelope: KEA_PART_RELAY, 0 is the one closest to the server */                                  \
	F(RELAY, 1, HOP_COUNT, "hop_count", INT, RO, 6, "1.0", "as in the message")                                   \
	F(RELAY, 2, LINK_ADDR, "link_addr", ADDR, RO, 6, "1.0", "link address")                                       \
	F(RELAY, 3, PEER_ADDR, "peer_addr", ADDR, RO, 6, "1.0", "where the relay received it from")                   \
	/* a subnet */                                                                                                \
	F(SUBNET, 1, ID, "id", INT, RO, 46, "1.0", "subnet id")                                                       \
	F(SUBNET, 2, PREFIX, "prefix", ADDR, RO, 46, "1.0", "first address of the subnet")                            \
	F(SUBNET, 3, PREFIX_LEN, "prefix_len", INT, RO, 46, "1.0", "length of the prefix, bits")                      \
	F(SUBNET, 4, NAME, "name", TEXT, RO, 46, "1.0", "\"192.0.2.0/24\"")                                           \
	F(SUBNET, 5, NETWORK, "network", TEXT, RO, 46, "1.0", "name of its shared network, or empty")                 \
	F(SUBNET, 6, IFACE, "interface", TEXT, RO, 46, "1.0", "its interface, or empty")                              \
	F(SUBNET, 7, N_POOLS, "pools", INT, RO, 46, "1.0", "number of address pools")                                 \
	F(SUBNET, 8, N_PD_POOLS, "pd_pools", INT, RO, 6, "1.0", "number of prefix pools")                             \
	F(SUBNET, 9, VALID_LIFETIME, "valid_lifetime", INT, RO, 46, "1.0", "default lifetime of leases, s")           \
	F(SUBNET, 10, NEXT_SERVER, "next_server", ADDR, RO, 4, "1.0", "next-server")                                  \
	F(SUBNET, 11, BOOT_FILE, "boot_file_name", TEXT, RO, 4, "1.0", "boot-file-name")                              \
	F(SUBNET, 12, SERVER_HOSTNAME, "server_hostname", TEXT, RO, 4, "1.0", "server-hostname")                      \
	/* a pool: KEA_PART_POOL, KEA_PART_PD_POOL of a subnet */                                                     \
	F(POOL, 1, ID, "id", INT, RO, 46, "1.0", "pool id")                                                           \
	F(POOL, 2, FIRST, "first", ADDR, RO, 46, "1.0", "first address")                                              \
	F(POOL, 3, LAST, "last", ADDR, RO, 46, "1.0", "last address")                                                 \
	F(POOL, 4, LEN, "len", INT, RO, 46, "1.0", "prefix length of each lease, bits")                               \
	/* a lease */                                                                                                 \
	F(LEASE, 1, ADDRESS, "address", ADDR, RW, 46, "1.0",                                                          \
	  "address, or first address of the prefix; may be written at lease#_select, which is then called again")     \
	F(LEASE, 2, PREFIX_LEN, "prefix_len", INT, RO, 46, "1.0", "32, 128, or length of the delegated prefix")       \
	F(LEASE, 3, TYPE, "type", INT, RO, 46, "1.0", "0: IA_NA, 1: IA_TA, 2: IA_PD, 3: DHCPv4")                      \
	F(LEASE, 4, STATE, "state", INT, RO, 46, "1.0",                                                               \
	  "0: default, 1: declined, 2: expired-reclaimed, 3: released, 4: registered")                                \
	F(LEASE, 5, HWADDR, "hwaddr", BYTES, RO, 46, "1.0", "hardware address; empty if unknown")                     \
	F(LEASE, 6, HWTYPE, "hwtype", INT, RO, 46, "1.0", "hardware type of that")                                    \
	F(LEASE, 7, CLIENT_ID, "client_id", BYTES, RO, 46, "1.0", "client identifier, DHCPv6: DUID")                  \
	F(LEASE, 8, IAID, "iaid", INT, RO, 6, "1.0", "identifier of the IA")                                          \
	F(LEASE, 9, SUBNET_ID, "subnet_id", INT, RO, 46, "1.0", "id of its subnet")                                   \
	F(LEASE, 10, POOL_ID, "pool_id", INT, RO, 46, "1.0", "id of its pool; 0: none")                               \
	F(LEASE, 11, VALID_LIFETIME, "valid_lifetime", INT, RW, 46, "1.0", "lifetime, s; 4294967295: infinite")       \
	F(LEASE, 12, PREFERRED_LIFETIME, "preferred_lifetime", INT, RW, 6, "1.0", "preferred lifetime, s")            \
	F(LEASE, 13, CLTT, "cltt", INT, RO, 46, "1.0", "time of the client's last message, s since 1970")             \
	F(LEASE, 14, FQDN_FWD, "fqdn_fwd", INT, RW, 46, "1.0", "1 if the DNS has its name's address")                 \
	F(LEASE, 15, FQDN_REV, "fqdn_rev", INT, RW, 46, "1.0", "1 if the DNS has its address's name")                 \
	F(LEASE, 16, HOSTNAME, "hostname", TEXT, RW, 46, "1.0", "name, or empty")                                     \
	F(LEASE, 17, USER_CONTEXT, "user_context", TEXT, RW, 46, "1.0", "a JSON map as text, or empty")               \
	F(LEASE, 18, STATE_NAME, "state_name", TEXT, RO, 46, "1.0", "\"default\", \"declined\" ...")                  \
	F(LEASE, 19, TYPE_NAME, "type_name", TEXT, RO, 46, "1.0", "\"IA_NA\", \"IA_TA\", \"IA_PD\", \"V4\"")          \
	F(LEASE, 20, HWSOURCE, "hwsource", INT, RO, 6, "1.1",                                                         \
	  "where hwaddr is from, a bit: 1 datagram, 2 DUID, 4 link-local address, 8 relay (RFC 6939), "               \
	  "16 remote-id, 32 subscriber-id, 64 and 128 DOCSIS; 0: unknown")                                            \
	F(LEASE, 21, LEFT, "left", INT, RO, 46, "1.1",                                                                \
	  "seconds until it ends; 0: it has ended; 4294967295: it never does")                                        \
	F(LEASE, 22, ELAPSED, "elapsed", INT, RO, 46, "1.1", "seconds since the client's last message")               \
	F(LEASE, 23, T1, "t1", INT, RO, 4, "1.1",                                                                     \
	  "renew-timer that the client got, s, by the configuration of the subnet; 0: none, or not known here")  \
	F(LEASE, 24, T2, "t2", INT, RO, 4, "1.1", "rebind-timer, likewise")                                           \
	/* a host reservation */                                                                                      \
	F(HOST, 1, ID_TYPE, "identifier_type", TEXT, RO, 46, "1.0", "\"hw-address\", \"duid\", \"flex-id\" ...")      \
	F(HOST, 2, ID, "identifier", BYTES, RO, 46, "1.0", "identifier of the client")                                \
	F(HOST, 3, SUBNET_ID, "subnet_id", INT, RO, 46, "1.0", "0: global")                                           \
	F(HOST, 4, HOSTNAME, "hostname", TEXT, RO, 46, "1.0", "reserved name, or empty")                              \
	F(HOST, 5, ADDRESS, "address", ADDR, RO, 46, "1.0", "first reserved address or prefix; zero: none")           \
	/* the call itself */                                                                                         \
	F(CALL, 1, POINT, "point", TEXT, RO, 460, "1.0", "name of the hook point: \"lease4_select\"")                 \
	F(CALL, 2, FAKE, "fake_allocation", INT, RO, 46, "1.0", "1 if the lease is only offered, not stored")         \
	F(CALL, 3, REMOVES, "remove_lease", INT, RO, 46, "1.0", "1 if the expired lease is deleted, not kept")        \
	F(CALL, 4, ID_TYPE, "id_type", TEXT, RW, 46, "1.0", "host#_identifier: type; \"flex-id\" at first")           \
	F(CALL, 5, ID_VALUE, "id_value", BYTES, RW, 46, "1.0", "host#_identifier: the client's identifier")           \
	F(CALL, 6, PACKED, "packed", BYTES, RW, 46, "1.0",                                                            \
	  "pkt#_send with SKIP: the datagram to send instead of the response")                                        \
	F(CALL, 7, REASON, "reason", TEXT, RW, 460, "1.0",                                                            \
	  "dhcp#_srv_configured, d2_srv_configured with DROP: why the configuration is rejected")                     \
	F(CALL, 8, VERDICT, "verdict", INT, RO, 460, "1.0", "what libraries before this one returned")                \
	F(CALL, 9, N_LEASES, "leases", INT, RO, 46, "1.0", "number of KEA_ARG_LEASES")                                \
	F(CALL, 10, N_DELETED_LEASES, "deleted_leases", INT, RO, 46, "1.0", "number of KEA_ARG_DELETED_LEASES")       \
	F(CALL, 11, N_SUBNETS, "subnets", INT, RO, 46, "1.0", "number of KEA_ARG_SUBNETS")                            \
	F(CALL, 12, COMMAND, "command", TEXT, RO, 460, "1.1",                                                         \
	  "command_processed, http_auth, http_response: name of the command; of a page for GET, the command that "    \
	  "its readers must be allowed to execute; http_*: empty if the request is not valid")                        \
	F(CALL, 13, RESULT, "result", INT, RO, 460, "1.1",                                                            \
	  "command_processed: 0: success, 1: error, 3: nothing was found, 4: conflict")                               \
	F(CALL, 14, IN_USE, "offer_address_in_use", INT, RW, 4, "1.1",                                                \
	  "lease4_offer: 1 if another host uses the address: it is declined, and another one is offered")             \
	F(CALL, 15, HOSTNAME, "hostname", TEXT, RW, 46, "1.1",                                                        \
	  "ddns#_update: the client's name, or empty; it is stored in lower case, and sent")                          \
	F(CALL, 16, FWD_UPDATE, "fwd_update", INT, RW, 46, "1.1", "ddns#_update: 1 if its address record is updated") \
	F(CALL, 17, REV_UPDATE, "rev_update", INT, RW, 46, "1.1", "ddns#_update: 1 if its PTR record is updated")     \
	F(CALL, 18, SUFFIX, "qualifying_suffix", TEXT, RO, 46, "1.1",                                                 \
	  "ddns#_update: ddns-qualifying-suffix of the scope, in lower case, without a final dot")                    \
	F(CALL, 19, SENDS_UPDATES, "send_updates", INT, RO, 46, "1.1", "ddns#_update: 1 if updates are enabled there")\
	F(CALL, 20, SERVER, "server", ADDR, RO, 0, "1.1", "select_key: address of the DNS server")                    \
	F(CALL, 21, SERVER_PORT, "server_port", INT, RO, 0, "1.1", "select_key: its port")                            \
	F(CALL, 22, ZONE, "zone", TEXT, RO, 0, "1.1", "select_key: name of the domain that is updated")               \
	F(CALL, 23, KEY_NAME, "key_name", TEXT, RW, 0, "1.1",                                                         \
	  "select_key: name of the TSIG key that signs the update, one of \"tsig-keys\", or empty: it is not signed") \
	F(CALL, 24, USER, "user", TEXT, RO, 460, "1.1",                                                               \
	  "http_auth, http_response: the authenticated user; empty if the socket has no users")                       \
	F(CALL, 25, REMOTE_ADDR, "remote_addr", ADDR, RO, 460, "1.1",                                                 \
	  "http_auth, http_response: address of the client")                                                          \
	F(CALL, 26, STATUS, "status", INT, RW, 460, "1.1",                                                            \
	  "http_response: status of the response, 200 to 599 without 204 and 304; http_auth with SKIP or DROP: that " \
	  "of the response, instead of 401 and 403")                                                                  \
	F(CALL, 27, BODY, "body", TEXT, RW, 460, "1.1",                                                               \
	  "http_response: the response, which is a list of one map, or the text of a page; empty and not writable "   \
	  "if it is a stream or longer than 1 MiB; http_auth with SKIP or DROP: the response")
/* clang-format on */

#endif
