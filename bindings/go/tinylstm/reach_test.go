package tinylstm

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func read(t *testing.T, pattern string) string {
	t.Helper()
	paths := result[[]string](t)(filepath.Glob(pattern))
	if len(paths) == 0 {
		t.Skipf("skipped: there is no %s; this package stands outside of the project", pattern)
	}
	var text strings.Builder
	for _, path := range paths {
		text.Write(result[[]byte](t)(os.ReadFile(path)))
	}
	return text.String()
}

// Everything that the headers declare can be reached from Go: no function is left out.
func TestEveryFunctionIsReachable(t *testing.T) {
	comment := regexp.MustCompile(`(?s)/\*.*?\*/`)
	headers := comment.ReplaceAllString(read(t, "../../../include/tinylstm/*.h"), "")
	declared := regexp.MustCompile(`TLSTM_API\s[^;(]*?(tlstm_\w+)\(`).FindAllStringSubmatch(headers, -1)
	if len(declared) < 100 {
		t.Fatalf("the headers declare %d functions only", len(declared))
	}
	var called strings.Builder
	for _, file := range result[[]string](t)(filepath.Glob("*.go")) {
		if !strings.HasSuffix(file, "_test.go") {
			called.Write(result[[]byte](t)(os.ReadFile(file)))
		}
	}
	shims := read(t, "shim.c")
	for _, match := range declared {
		name := regexp.QuoteMeta(match[1])
		if !regexp.MustCompile(`\bC\.`+name+`\(`).MatchString(called.String()) && !regexp.MustCompile(`\b`+name+`\(`).MatchString(shims) {
			t.Errorf("%s is not reachable from Go", match[1])
		}
	}
}
