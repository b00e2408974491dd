package main

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"serverlesschat/localtest/bench/target"
)

// What AWS adds: a stream is read four times a second (Lambda Developer Guide, "Using AWS Lambda with Amazon
// DynamoDB"), and calls of the store and posts take milliseconds.
const (
	awsPollMS     = 250
	awsStoreDelay = 4 * time.Millisecond
	awsPostDelay  = 8 * time.Millisecond
	localPollMS   = 10
)

// readSettings reads the command line. Without a flag that says how fast the chat's surroundings are, there are two
// pictures; with one, there is one for each -poll-ms. A remote chat is as fast as it is: it has one.
func readSettings(args []string, remote bool) (settings, error) {
	s := settings{members: []int{10, 50, 200}, inFlight: []int{1, 8, 32}}
	polls, seconds, one := []int{localPollMS}, 8, target.Options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.Var(list{&s.members}, "members", "members of the room, a list")
	flags.Var(list{&s.inFlight}, "in-flight", "messages in flight, a list")
	flags.Var(list{&polls}, "poll-ms", "how often streams are polled, a list")
	flags.IntVar(&seconds, "seconds", seconds, "length of each measurement")
	one.RegisterFlags(flags)
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	if flags.NArg() > 0 {
		return settings{}, fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	s.length = time.Duration(seconds) * time.Second
	chosen := remote
	flags.Visit(func(f *flag.Flag) {
		chosen = chosen || slices.Contains([]string{"poll-ms", "store-delay", "post-delay"}, f.Name)
	})
	s.pictures = pictures(one, polls, chosen)
	return s, nil
}

// pictures returns what one is for each of the polls; where nothing was chosen, also what is nearest to AWS.
func pictures(one target.Options, polls []int, chosen bool) []target.Options {
	var all []target.Options
	for _, poll := range polls {
		one.Poll = time.Duration(poll) * time.Millisecond
		all = append(all, one)
	}
	if !chosen {
		one.Poll, one.StoreDelay, one.PostDelay = awsPollMS*time.Millisecond, awsStoreDelay, awsPostDelay
		all = append(all, one)
	}
	return all
}

// list is a flag of whole numbers, separated by commas.
type list struct{ values *[]int }

func (l list) String() string {
	if l.values == nil {
		return ""
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*l.values), " ", ","), "[]")
}

func (l list) Set(text string) error {
	*l.values = nil
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n <= 0 {
			return fmt.Errorf("%q is not a whole number above 0", part)
		}
		*l.values = append(*l.values, n)
	}
	return nil
}
