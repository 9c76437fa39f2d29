package amitest

import (
	"strconv"
	"strings"
)

// classes is a set of manager classes: what an event belongs to, what a user may
// read and write, what a client asked to hear (enum of Asterisk's manager.h).
type classes uint32

const (
	classSystem classes = 1 << iota
	classCall
	classLog
	classVerbose
	classCommand
	classAgent
	classUser
	classConfig
	classDTMF
	classReporting
	classCDR
	classDialplan
	classOriginate
	classAGI
	classCC
	classAOC
	classTest
	classSecurity
	classMessage
	classAll classes = 1<<19 - 1
)

var classWords = map[string]classes{
	"system": classSystem, "call": classCall, "log": classLog, "verbose": classVerbose, "command": classCommand,
	"agent": classAgent, "user": classUser, "config": classConfig, "dtmf": classDTMF, "reporting": classReporting,
	"cdr": classCDR, "dialplan": classDialplan, "originate": classOriginate, "agi": classAGI, "cc": classCC,
	"aoc": classAOC, "test": classTest, "security": classSecurity, "message": classMessage,
	"all": classAll, "on": classAll, "yes": classAll, "true": classAll,
}

// parseClasses reads a list as manager.conf and EventMask have it: names, "all",
// "on", "off", "none" or a number. Words nobody knows count for nothing.
func parseClasses(list string) classes {
	if n, err := strconv.ParseUint(strings.TrimSpace(list), 10, 32); err == nil {
		return classes(n)
	}
	var c classes
	for _, word := range strings.Split(list, ",") {
		c |= classWords[strings.ToLower(strings.TrimSpace(word))]
	}
	return c
}
