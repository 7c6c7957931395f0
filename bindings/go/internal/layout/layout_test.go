package layout

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
)

const baseline = "../../../../tests/abi/baseline/layout.txt"

// Lines are "struct NAME SIZE ALIGNMENT" and "field STRUCT NAME OFFSET SIZE".
func lines(t *testing.T) [][]string {
	t.Helper()
	file, err := os.Open(baseline)
	if err != nil {
		t.Skipf("skipped: %v; this package stands outside of the project", err)
	}
	defer file.Close()
	var found [][]string
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		found = append(found, strings.Fields(scanner.Text()))
	}
	return found
}

func number(t *testing.T, text string) uintptr {
	t.Helper()
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return uintptr(value)
}

// Structs and fields lie in Go where they lay in C when this ABI began; a struct may have grown.
func TestStructsLieAsInC(t *testing.T) {
	structs := Structs()
	seen := 0
	for _, line := range lines(t) {
		switch {
		case line[0] == "struct":
			seen++
			got, known := structs[line[1]]
			if !known {
				t.Errorf("%s is not looked at", line[1])
			} else if got.Size() < number(t, line[2]) {
				t.Errorf("%s has %d bytes, in C %s", line[1], got.Size(), line[2])
			}
		case line[0] == "field" && structs[line[1]] != nil:
			field, known := structs[line[1]].FieldByName(line[2])
			if !known {
				t.Errorf("%s has no field %s", line[1], line[2])
			} else if field.Offset != number(t, line[3]) || field.Type.Size() != number(t, line[4]) {
				t.Errorf("%s.%s: %d bytes at %d, in C %s at %s", line[1], line[2], field.Type.Size(),
					field.Offset, line[4], line[3])
			}
		}
	}
	if seen < 10 {
		t.Fatalf("%s has %d structs only", baseline, seen)
	}
}
