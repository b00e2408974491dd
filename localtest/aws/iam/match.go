package iam

import "strings"

// arnParts is how many parts an ARN has: arn, partition, service, region, account, resource. The last may have colons
// itself.
const arnParts = 6

// matchAction compares without regard to case (IAM User Guide, "IAM JSON policy elements: Action").
func matchAction(pattern, action string) bool {
	return glob(strings.ToLower(pattern), strings.ToLower(action))
}

// matchResource compares part by part, so that a wildcard does not reach over a colon of the first five parts. IAM lets
// one at the end of a part do so (IAM User Guide, "IAM JSON policy elements: Resource"); to be stricter here shows at
// once.
func matchResource(pattern, resource string) bool {
	if pattern == "*" {
		return true
	}
	patterns, parts := strings.SplitN(pattern, ":", arnParts), strings.SplitN(resource, ":", arnParts)
	if len(patterns) != len(parts) {
		return false
	}
	for i := range parts {
		if !glob(patterns[i], parts[i]) {
			return false
		}
	}
	return true
}

// glob reports whether all of s matches a pattern, in which "*" stands for any characters and "?" for one.
func glob(pattern, s string) bool {
	star, retry := -1, 0 // where the last "*" is, and where in s what it stands for ends
	p, i := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, retry = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			retry++
			p, i = star+1, retry
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
