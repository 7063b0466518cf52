/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroupfs-controllers: which controllers a directory of cgroup version 2 has. Each level hands those that it has
 * itself down to the next, by cgroup.subtree_control. Follows cgroups(7), "Cgroups v2 cgroup.subtree_control".
 */
#ifndef OCIRT_KERNEL_CGROUPFS_CONTROLLERS_H
#define OCIRT_KERNEL_CGROUPFS_CONTROLLERS_H

/* Lets a v2 directory have every controller that its hierarchy has (only, if not NULL: that one), top
 * down. One that a directory above cannot hand down stays away, and whoever needs it finds its files
 * missing. */
void cgroupfs_enable(const char *dir, const char *only);

/* Asks every level above a v2 directory, top down, for one controller. HANDED_DOWN: the directory has it, with
 * all its files, whoever else was making them. TAKEN_BACK: a level lost it again before the next one had
 * asked, and another try may fare better. REFUSED: none will. */
enum cgroupfs_answer { CGROUPFS_REFUSED, CGROUPFS_TAKEN_BACK, CGROUPFS_HANDED_DOWN };
enum cgroupfs_answer cgroupfs_ask_for(const char *dir, const char *controller);

#endif
