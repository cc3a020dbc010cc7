/* SPDX-License-Identifier: MPL-2.0 */
/* The operators, one row each. Used by parser, checks, reference and completion. */
#include "eval/expr_int.h"

/* clang-format off */
const struct eval_op eval_op_literal = {
	.name = "literal", .form = FORM_LITERAL, .families = FAM_46, .text = text_literal, .len_of = len_of_literal,
};
/* Four bytes; separate from other literals for better warnings. */
const struct eval_op eval_op_integer = {
	.name = "integer", .form = FORM_LITERAL, .families = FAM_46, .text = text_literal, .len = { 4, 4, 0, false },
};

#define INFIX(NAME, PREC, ARG, ...) \
	{ .name = NAME, .form = FORM_INFIX, .families = FAM_46, .precedence = PREC, .args = { ARG, ARG }, __VA_ARGS__ }
#define FUNCTION(NAME, ...) { .name = NAME, .form = FORM_FUNCTION, .families = FAM_46, __VA_ARGS__ }
#define WORD(NAME, ...) { .name = NAME, .form = FORM_WORD, .families = FAM_46, .result = EVAL_BOOL, __VA_ARGS__ }
#define PLACE(NAME, FROM, TO, FAM, ...) \
	{ .name = NAME, .form = FORM_PLACE, .families = FAM, .from = FROM, .to = TO, __VA_ARGS__ }
#define MEMBER(NAME, FROM, FAM, ...) { .name = NAME, .form = FORM_MEMBER, .families = FAM, .from = FROM, __VA_ARGS__ }

const struct eval_op eval_ops[] = {
	{ .name = "not", .form = FORM_PREFIX, .families = FAM_46, .precedence = 5, .result = EVAL_BOOL,
	  .args = { ARG_BOOL }, .test = test_not, .syntax = "not A", .doc = "true if A is false" },
	INFIX("and", 4, ARG_BOOL, .result = EVAL_BOOL, .test = test_and, .doc = "true if both are true"),
	INFIX("sand", 3, ARG_BOOL, .result = EVAL_BOOL, .test = test_and,
	      .doc = "the same as `and`, and binds less tightly"),
	INFIX("or", 2, ARG_BOOL, .result = EVAL_BOOL, .test = test_or, .doc = "true if either is true"),
	INFIX("sor", 1, ARG_BOOL, .result = EVAL_BOOL, .test = test_or,
	      .doc = "the same as `or`, and binds less tightly"),
	INFIX("==", 6, ARG_TEXT, .result = EVAL_BOOL, .test = test_equal,
	      .doc = "true if both have the same length and the same bytes"),
	INFIX("+", 7, ARG_TEXT, .text = text_concat, .len_of = len_of_concat, .doc = "one text after the other"),

	WORD("known", .test = test_known, .doc = "true if the client has a host reservation"),
	WORD("unknown", .test = test_unknown, .doc = "true if the client has no host reservation"),
	FUNCTION("member", .result = EVAL_BOOL, .args = { ARG_CLASS }, .test = test_member,
		 .doc = "true if the packet is in the class, which must be defined before this one"),
	FUNCTION("match", .result = EVAL_BOOL, .args = { ARG_REGEX, ARG_TEXT }, .test = test_match,
		 .doc = "true if the regular expression (PCRE2) matches all of the text; false for a text of more "
			"than 1024 bytes"),

	FUNCTION("substring", .args = { ARG_TEXT, ARG_NUMBER, ARG_LENGTH }, .text = text_substring,
		 .len_of = len_of_substring, .syntax = "substring(TEXT, START, LENGTH)",
		 .doc = "part of a text: from START (0 is the first byte, -1 the last) LENGTH bytes or `all`; a "
			"negative LENGTH takes the bytes before START; empty if START is outside"),
	FUNCTION("split", .args = { ARG_TEXT, ARG_TEXT, ARG_NUMBER }, .text = text_split, .len_of = len_of_split,
		 .syntax = "split(TEXT, DELIMITERS, FIELD)",
		 .doc = "a field of a text, from 1; each of the DELIMITERS ends one"),
	FUNCTION("concat", .args = { ARG_TEXT, ARG_TEXT }, .text = text_concat, .len_of = len_of_concat,
		 .doc = "one text after the other, like `+`"),
	FUNCTION("ifelse", .args = { ARG_BOOL, ARG_TEXT, ARG_TEXT }, .text = text_choice, .len_of = len_of_choice,
		 .syntax = "ifelse(CONDITION, TEXT, TEXT)",
		 .doc = "the first text if the condition is true, else the second"),
	FUNCTION("sifelse", .args = { ARG_BOOL, ARG_TEXT, ARG_TEXT }, .text = text_choice, .len_of = len_of_choice,
		 .syntax = "sifelse(CONDITION, TEXT, TEXT)", .doc = "the same as `ifelse`"),
	FUNCTION("hexstring", .args = { ARG_TEXT, ARG_TEXT }, .text = text_hexstring, .len_of = len_of_hexstring,
		 .letters = LETTERS_HEX, .syntax = "hexstring(BYTES, SEPARATOR)",
		 .doc = "bytes as lower-case hexadecimal digits, with the separator between bytes"),
	FUNCTION("addrtotext", .args = { ARG_TEXT }, .text = text_address, .len_of = len_of_address,
		 .letters = LETTERS_LOWER, .doc = "4 or 16 bytes as an IPv4 or IPv6 address"),
	FUNCTION("int8totext", .args = { ARG_TEXT }, .text = text_signed, .len = { 0, 4, 0, false },
		 .doc = "a byte as a signed decimal number"),
	FUNCTION("int16totext", .args = { ARG_TEXT }, .text = text_signed, .len = { 0, 6, 0, false },
		 .doc = "2 bytes as a signed decimal number"),
	FUNCTION("int32totext", .args = { ARG_TEXT }, .text = text_signed, .len = { 0, 11, 0, false },
		 .doc = "4 bytes as a signed decimal number"),
	FUNCTION("uint8totext", .args = { ARG_TEXT }, .text = text_unsigned, .len = { 0, 3, 0, false },
		 .doc = "a byte as a decimal number"),
	FUNCTION("uint16totext", .args = { ARG_TEXT }, .text = text_unsigned, .len = { 0, 5, 0, false },
		 .doc = "2 bytes as a decimal number"),
	FUNCTION("uint32totext", .args = { ARG_TEXT }, .text = text_unsigned, .len = { 0, 10, 0, false },
		 .doc = "4 bytes as a decimal number"),
	FUNCTION("lcase", .args = { ARG_TEXT }, .text = text_lower, .len_of = len_of_first, .letters = LETTERS_LOWER,
		 .doc = "with lower-case letters (ASCII)"),
	FUNCTION("ucase", .args = { ARG_TEXT }, .text = text_upper, .len_of = len_of_first, .letters = LETTERS_UPPER,
		 .doc = "with upper-case letters (ASCII)"),

	PLACE("option", AT_START, AT_OPTION, FAM_46, .index = INDEX_OPTION, .find = find_option,
	      .doc = "an option of the client's message, by code or name"),
	PLACE("relay4", AT_START, AT_OPTION, FAM_4, .index = INDEX_RELAY_OPTION, .find = find_relay4,
	      .doc = "a sub-option of the relay agent information (option 82), by code or name"),
	PLACE("relay6", AT_START, AT_RELAY, FAM_6, .index = INDEX_HOP, .find = find_relay6,
	      .doc = "a relay's message: 0 is from the relay next to the server, -1 from the one next to the client"),
	PLACE("vendor", AT_START, AT_VENDOR, FAM_46, .index = INDEX_ENTERPRISE, .may_omit_index = true,
	      .find = find_vendor, .doc = "a vendor's options (DHCPv4 option 125, DHCPv6 option 17), by enterprise "
					  "number; `*` is the first vendor in the packet"),
	PLACE("vendor-class", AT_START, AT_VENDOR_CLASS, FAM_46, .index = INDEX_ENTERPRISE, .may_omit_index = true,
	      .find = find_vendor, .doc = "a vendor's class data (DHCPv4 option 124, DHCPv6 option 16), by "
						"enterprise number; `*` is the first vendor in the packet"),
	PLACE("pkt", AT_START, AT_PKT, FAM_46, .find = find_packet, .doc = "the datagram"),
	PLACE("pkt4", AT_START, AT_PKT4, FAM_4, .find = find_packet, .doc = "the header of a DHCPv4 message"),
	PLACE("pkt6", AT_START, AT_PKT6, FAM_6, .find = find_packet, .doc = "the header of a DHCPv6 message"),

	MEMBER("exists", AT_OPTION, FAM_46, .result = EVAL_BOOL, .test = test_exists, .doc = "true if it is present"),
	MEMBER("hex", AT_OPTION, FAM_46, .text = text_place, .len_of = len_of_option, .doc = "its bytes"),
	MEMBER("text", AT_OPTION, FAM_46, .text = text_of_option, .len_of = len_of_option_text,
	       .doc = "its value if its type is string; else a description such as `type=057, len=002: 1500 (uint16)`"),
	PLACE("option", AT_OPTION, AT_OPTION, FAM_46, .index = INDEX_OPTION, .find = find_option,
	      .doc = "a sub-option, to any depth, by code or name"),

	PLACE("option", AT_RELAY, AT_OPTION, FAM_6, .index = INDEX_OPTION, .find = find_option,
	      .doc = "an option of that relay"),
	MEMBER("peeraddr", AT_RELAY, FAM_6, .text = text_relay_peer, .len = { 16, 16, 0, true },
	       .doc = "its peer-address: who it received the message from"),
	MEMBER("linkaddr", AT_RELAY, FAM_6, .text = text_relay_link, .len = { 16, 16, 0, true },
	       .doc = "its link-address"),

	PLACE("option", AT_VENDOR, AT_OPTION, FAM_46, .index = INDEX_OPTION, .find = find_option, .needs_index = true,
	      .doc = "an option of that vendor"),
	MEMBER("exists", AT_VENDOR, FAM_46, .result = EVAL_BOOL, .test = test_exists, .needs_index = true,
	       .doc = "true if that vendor's options are present"),
	MEMBER("enterprise", AT_VENDOR, FAM_46, .text = text_enterprise, .len = { 4, 4, 0, true }, .no_index = true,
	       .doc = "the number of the first vendor, 4 bytes"),

	MEMBER("exists", AT_VENDOR_CLASS, FAM_46, .result = EVAL_BOOL, .test = test_exists, .needs_index = true,
	       .doc = "true if that vendor's class data is present"),
	PLACE("data", AT_VENDOR_CLASS, AT_DATA, FAM_46, .index = INDEX_DATA, .may_omit_index = true, .find = find_data,
	      .needs_index = true, .text = text_place, .len = { 0, LEN_ANY, 0, false },
	      .doc = "one of its class data, from 0; without an index the first"),
	MEMBER("enterprise", AT_VENDOR_CLASS, FAM_46, .text = text_enterprise, .len = { 4, 4, 0, true },
	       .no_index = true, .doc = "the number of the first vendor, 4 bytes"),

	MEMBER("iface", AT_PKT, FAM_46, .text = text_iface, .len = { 0, 255, 0, false },
	       .doc = "name of the interface it was received on"),
	MEMBER("src", AT_PKT, FAM_46, .text = text_src, .len_of = len_of_address, .doc = "source address"),
	MEMBER("dst", AT_PKT, FAM_46, .text = text_dst, .len_of = len_of_address, .doc = "destination address"),
	MEMBER("len", AT_PKT, FAM_46, .text = text_len, .len = { 4, 4, 0, false }, .doc = "length, 4 bytes"),

	MEMBER("mac", AT_PKT4, FAM_4, .text = text_mac, .len = { 0, 16, 0, false },
	       .doc = "hardware address (chaddr), as many bytes as hlen says"),
	MEMBER("hlen", AT_PKT4, FAM_4, .text = text_hlen, .len = { 4, 4, 0, false },
	       .doc = "length of the hardware address, 4 bytes"),
	MEMBER("htype", AT_PKT4, FAM_4, .text = text_htype, .len = { 4, 4, 0, false },
	       .doc = "hardware type, 4 bytes"),
	MEMBER("ciaddr", AT_PKT4, FAM_4, .text = text_ciaddr, .len = { 4, 4, 0, false }, .doc = "address"),
	MEMBER("giaddr", AT_PKT4, FAM_4, .text = text_giaddr, .len = { 4, 4, 0, false }, .doc = "address"),
	MEMBER("yiaddr", AT_PKT4, FAM_4, .text = text_yiaddr, .len = { 4, 4, 0, false }, .doc = "address"),
	MEMBER("siaddr", AT_PKT4, FAM_4, .text = text_siaddr, .len = { 4, 4, 0, false }, .doc = "address"),
	MEMBER("msgtype", AT_PKT4, FAM_4, .text = text_msgtype, .len = { 4, 4, 0, false },
	       .doc = "message type (option 53), 4 bytes; 0 for BOOTP"),
	MEMBER("transid", AT_PKT4, FAM_4, .text = text_transid, .len = { 4, 4, 0, false },
	       .doc = "transaction id, 4 bytes"),

	MEMBER("msgtype", AT_PKT6, FAM_6, .text = text_msgtype, .len = { 4, 4, 0, false },
	       .doc = "type of the client's message, 4 bytes"),
	MEMBER("transid", AT_PKT6, FAM_6, .text = text_transid, .len = { 4, 4, 0, false },
	       .doc = "transaction id, 4 bytes"),
};
/* clang-format on */
const unsigned n_eval_ops = sizeof(eval_ops) / sizeof(eval_ops[0]);

const struct eval_op *eval_op_find(enum eval_form form, enum eval_at from, const char *name, size_t len)
{
	unsigned i;

	for (i = 0; i < n_eval_ops; i++) {
		const struct eval_op *op = &eval_ops[i];

		if (op->form == form && op->from == from && strlen(op->name) == len && !memcmp(op->name, name, len))
			return op;
	}
	return NULL;
}
