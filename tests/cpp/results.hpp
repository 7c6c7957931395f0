/* How many checks of results.cpp failed. */
#ifndef TL_CPP_RESULTS_H
#define TL_CPP_RESULTS_H

int test_results();

#endif
