package tinylstm

import (
	"math"
	"strconv"
	"strings"
)

// Metric is the value of a loss or a metric.
type Metric struct {
	Name  string
	Value float64
}

// Metrics are the loss and the metrics, in Compile's order.
type Metrics []Metric

// Value is the value of a metric by name, NaN when there is none.
func (m Metrics) Value(name string) float64 {
	for _, metric := range m {
		if metric.Name == name {
			return metric.Value
		}
	}
	return math.NaN()
}

// String is "loss: 0.4673 - accuracy: 0.7848", as Keras shows it.
func (m Metrics) String() string {
	parts := make([]string, len(m))
	for i, metric := range m {
		parts[i] = metric.Name + ": " + strconv.FormatFloat(metric.Value, 'f', 4, 64)
	}
	return strings.Join(parts, " - ")
}
