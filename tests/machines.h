/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machines: the kernel's two machines, as far as our programs use their instructions, and the meaning of one
 * condition of seccomp: for tests that run what is compiled against the plain reading of what it was made from.
 * Whoever includes it says in machine_must how a test fails.
 */
#ifndef OCIRT_TESTS_MACHINES_H
#define OCIRT_TESTS_MACHINES_H

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "plan/seccomp.h"

static void machine_must(bool holds, const char *what);

/* A seccomp filter's verdict on a call. */
static inline uint32_t machine_filter(
	const struct sock_filter *code, unsigned short count, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t at = 0; at < count; at++) {
		const struct sock_filter *i = &code[at];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			machine_must(i->k <= sizeof(*data) - 4 && i->k % 4 == 0, "a load");
			memcpy(&a, (const char *) data + i->k, 4);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			break;
		case BPF_JMP | BPF_JA:
			at += i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			at += a > i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			at += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			machine_must(false, "a known instruction");
		}
	}
	machine_must(false, "the program ends");
	return 0;
}

/* Whether a condition holds for a call whose registers have the bits of `most`. */
static inline bool machine_holds(
	const struct seccomp_arg *arg, const struct seccomp_data *data, uint64_t most)
{
	const uint64_t is = data->args[arg->index] & most, value = arg->value & most;

	switch (arg->op) {
	case SECCOMP_OP_NE:
		return is != value;
	case SECCOMP_OP_LT:
		return is < value;
	case SECCOMP_OP_LE:
		return is <= value;
	case SECCOMP_OP_EQ:
		return is == value;
	case SECCOMP_OP_GE:
		return is >= value;
	case SECCOMP_OP_GT:
		return is > value;
	case SECCOMP_OP_MASKED_EQ:
		return (is & value) == (arg->value_two & most);
	}
	return false;
}

/* Whether a program for devices lets one be used. As it gets it: the type in the low half of the first
 * word, the access in the high one. */
static inline bool machine_device(
	const struct bpf_insn *code, size_t count, const struct bpf_cgroup_dev_ctx *device)
{
	uint64_t reg[11] = { 0 };

	for (size_t pc = 0; pc < count; pc++) {
		const struct bpf_insn *at = &code[pc];
		const uint64_t imm = (uint64_t) (int64_t) at->imm;
		uint64_t *to;
		uint32_t word;

		machine_must(at->dst_reg < 11 && at->src_reg < 11 && at->off >= 0,
			"registers and jumps");
		to = &reg[at->dst_reg];
		switch (at->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			machine_must(
				at->src_reg == 1 && at->off <= 8 && at->off % 4 == 0, "a load");
			memcpy(&word, (const char *) device + at->off, sizeof(word));
			*to = word;
			break;
		case BPF_ALU64 | BPF_MOV | BPF_X:
			*to = reg[at->src_reg];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			*to = imm;
			break;
		case BPF_ALU64 | BPF_AND | BPF_K:
			*to &= imm;
			break;
		case BPF_ALU64 | BPF_RSH | BPF_K:
			*to >>= imm;
			break;
		case BPF_JMP | BPF_JNE | BPF_K:
			pc += *to != imm ? (size_t) at->off : 0;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += *to == imm ? (size_t) at->off : 0;
			break;
		case BPF_JMP | BPF_EXIT:
			machine_must(reg[0] <= 1, "the answer is 0 or 1");
			return reg[0] == 1;
		default:
			machine_must(false, "a known instruction");
		}
	}
	machine_must(false, "the program ends");
	return false;
}

#endif
