/* SPDX-License-Identifier: MIT */
/** @file
 * The graph of a network: what of its wiring matters, and what kind of connection it is; paths, text for other programs, and
 * how alike two networks are wired. The definitions are ours; the paper (section 3.2) names chains, skip connections and feedback
 * from pictures.
 *
 * **Shares.** Of the numbers A of thalnet_center_wiring, those of one node and one kind of source are taken together: a module's
 * modules, a module's inputs, an output's modules. The share of a connection is A^2 / sum of A^2: its part of the power. Shares of a
 * reader with nothing but zeros are 0.
 *
 * **Edges.** A module or output has an edge from a module if the share is at least threshold / K, K the modules that it could read
 * or is connected to: with threshold 1, at least as much as if all were read alike. An edge from an input is there wherever
 * the input is connected and not silent.
 *
 * **Levels** say how far from the inputs a node is: how many connections what arrives there has passed on average since it
 * entered the network, as trophic levels are counted in food webs (Levine, Several measures of trophic structure applicable to complex
 * food webs, 1980),
 *
 *     h_i = 1 + sum over j of s_ij h_j          and 0 for inputs,
 *
 * s_ij the shares of what i gets, without its self loop and so that they add up to one; a module that has inputs and reads gets half
 * from each kind. Modules that nothing from an input reaches are sources too, at 0. Levels change continuously with the wiring, and
 * need no threshold.
 *
 * **Kinds.** An edge whose ends are less than 1/4 of a level apart is lateral; one that goes down is feedback. One that goes up is a
 * skip connection if other edges that go up lead from its beginning to its end as well, in two steps or more; else it is a link of
 * a chain. */
#ifndef THALNET_GRAPH_H
#define THALNET_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/center.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a network's wiring looks like; never changes. */
typedef struct thalnet_graph thalnet_graph;

/** Kinds of nodes. */
enum { THALNET_NODE_INPUT = 0, THALNET_NODE_MODULE = 1, THALNET_NODE_OUTPUT = 2 };

/** Kinds of edges. */
enum {
  THALNET_EDGE_CHAIN = 0,    /**< up, and there is no other way up */
  THALNET_EDGE_SKIP = 1,     /**< up, past others */
  THALNET_EDGE_LATERAL = 2,  /**< between modules of one level */
  THALNET_EDGE_FEEDBACK = 3, /**< down */
  THALNET_EDGE_SELF = 4      /**< of a module to itself */
};

/** Forms of text. */
enum {
  THALNET_GRAPH_DOT = 0,  /**< for Graphviz: kinds have colours that colour-blind people tell apart, and line styles */
  THALNET_GRAPH_JSON = 1, /**< nodes, edges, unread modules, the strongest paths, the summary */
  THALNET_GRAPH_CSV = 2   /**< edges: from,to,kind,strength,share */
};

typedef struct thalnet_graph_options {
  size_t struct_size;
  double threshold; /**< what makes an edge, see above; finite, not negative */
} thalnet_graph_options;
#define THALNET_GRAPH_OPTIONS_INIT                                                                                     \
  { sizeof(thalnet_graph_options), 1.0 }

typedef struct thalnet_graph_node {
  size_t struct_size; /**< set by the caller */
  const char *name;   /**< valid as long as the graph */
  int32_t kind;       /**< THALNET_NODE_INPUT and so on */
  int32_t number;     /**< among those of its kind */
  int32_t unread;     /**< 1: no edge but its own self loop begins here */
  double level;
} thalnet_graph_node;
#define THALNET_GRAPH_NODE_INIT                                                                                        \
  { sizeof(thalnet_graph_node), NULL, 0, 0, 0, 0.0 }

typedef struct thalnet_graph_edge {
  size_t struct_size; /**< set by the caller */
  int32_t from, to;   /**< nodes */
  int32_t kind;       /**< THALNET_EDGE_CHAIN and so on */
  double strength;    /**< as in the values that the graph was made of */
  double share;
} thalnet_graph_edge;
#define THALNET_GRAPH_EDGE_INIT                                                                                        \
  { sizeof(thalnet_graph_edge), 0, 0, 0, 0.0, 0.0 }

typedef struct thalnet_graph_summary {
  size_t struct_size;                                  /**< set by the caller */
  uint64_t chains, skips, laterals, feedbacks, selves; /**< edges of each kind; from inputs and to outputs too */
  uint64_t unread;                                     /**< modules */
  double depth;                                        /**< level of the highest output */
  double
      evenness; /**< how evenly modules are read, 1: all alike, 1 / modules: all read one (collapse). It is 2^H / modules
                              with H the entropy, in bits, of the mean over all readers of their shares; 0 without readers */
  double
      specialisation; /**< how different the readers' tastes are, 0: all share alike, 1: no two read a module in common.
                              The mean over pairs of readers of the Jensen-Shannon divergence of their shares, in bits */
} thalnet_graph_summary;
#define THALNET_GRAPH_SUMMARY_INIT                                                                                     \
  { sizeof(thalnet_graph_summary), 0, 0, 0, 0, 0, 0, 0.0, 0.0, 0.0 }

/** Makes a graph.
 * @param net    built; the graph keeps it alive
 * @param values what thalnet_center_wiring gave, or a mean of several of them: finite, not negative, zero where nothing is
 *               connected
 * @param count  N * N
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE (net is not built), THALNET_ERROR_ARGUMENT, THALNET_ERROR_SIZE
 * @retval THALNET_ERROR_DATA a negative value, or one where nothing is connected; THALNET_ERROR_NONFINITE
 * @retval THALNET_ERROR_VERSION, THALNET_ERROR_MEMORY, THALNET_ERROR_OVERFLOW */
THALNET_API thalnet_status thalnet_graph_create(const thalnet_center *net, const float *values, size_t count,
                                                const thalnet_graph_options *options, thalnet_graph **graph_out);

/** Frees; NULL is fine. */
THALNET_API void thalnet_graph_free(thalnet_graph *graph);

/** How many; 0 for a wrong handle. */
THALNET_API size_t thalnet_graph_node_count(const thalnet_graph *graph);
THALNET_API size_t thalnet_graph_edge_count(const thalnet_graph *graph);

/** One node, one edge. Edges come by the node that they lead to, then by the one that they come from.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_ARGUMENT (no such number, or NULL), THALNET_ERROR_VERSION (struct_size) */
THALNET_API thalnet_status thalnet_graph_get_node(const thalnet_graph *graph, size_t number, thalnet_graph_node *node);
THALNET_API thalnet_status thalnet_graph_get_edge(const thalnet_graph *graph, size_t number, thalnet_graph_edge *edge);

/** Counts and scores. @retval THALNET_ERROR_HANDLE, THALNET_ERROR_ARGUMENT, THALNET_ERROR_VERSION */
THALNET_API thalnet_status thalnet_graph_summarize(const thalnet_graph *graph, thalnet_graph_summary *summary);

/** The path between two nodes whose shares have the largest product: below the threshold too.
 * @param[out] nodes      from the first node to the last; as many as fit are written
 * @param capacity        of nodes; the number of nodes is always enough
 * @param[out] length_out nodes on the path, 0: there is none; may be above capacity
 * @param[out] share_out  the product; may be NULL
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_ARGUMENT (a node that does not exist, NULL), THALNET_ERROR_MEMORY */
THALNET_API thalnet_status thalnet_graph_find_path(const thalnet_graph *graph, int32_t from, int32_t to, int32_t *nodes,
                                                   size_t capacity, size_t *length_out, double *share_out);

/** Writes the graph as text, in plain ASCII, with decimal points in every locale.
 * @param form            THALNET_GRAPH_DOT, THALNET_GRAPH_JSON or THALNET_GRAPH_CSV
 * @param[out] text       as many characters as fit, and a NUL; NULL only with size 0
 * @param[out] length_out characters of the whole text without the NUL: a text of that size or more was cut off
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_ARGUMENT, THALNET_ERROR_MEMORY */
THALNET_API thalnet_status thalnet_graph_write(const thalnet_graph *graph, int32_t form, char *text, size_t size,
                                               size_t *length_out);

/** What thalnet_center_similarity finds. */
typedef struct thalnet_similarity {
  size_t struct_size; /**< set by the caller */
  double similarity;  /**< Pearson's correlation of the shares, -1..1; 0 where all shares of a network are alike */
  double as_numbered; /**< the same with every module matched to that of its own number; 0 where their roles differ */
  int32_t exact;    /**< 1: all renamings were tried; 0: there are more than a million: the best that a search found */
  int32_t reserved; /**< 0 */
} thalnet_similarity;
#define THALNET_SIMILARITY_INIT                                                                                        \
  { sizeof(thalnet_similarity), 0.0, 0.0, 0, 0 }

/** How alike two networks are wired, up to renaming modules. Modules that play one role may be renamed for each other: those with
 * the same inputs, outputs, layers and reader. Of all such renamings the one is found for which the shares of the two networks
 * correlate best: shares of modules in modules, self loops included, rows without reader left out.
 * @param a_values, b_values what thalnet_center_routing gave for a and b
 * @param count    modules * modules, of both
 * @param[out] order modules numbers: order[i] is the module of b that plays module i of a; may be NULL
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE, THALNET_ERROR_ARGUMENT, THALNET_ERROR_SIZE, THALNET_ERROR_VERSION
 * @retval THALNET_ERROR_MISMATCH the networks have other modules: the text names one without a counterpart
 * @retval THALNET_ERROR_DATA, THALNET_ERROR_NONFINITE as thalnet_graph_create
 * @retval THALNET_ERROR_MEMORY, THALNET_ERROR_OVERFLOW */
THALNET_API thalnet_status thalnet_center_similarity(const thalnet_center *a, const float *a_values,
                                                     const thalnet_center *b, const float *b_values, size_t count,
                                                     int32_t *order, size_t order_count, thalnet_similarity *result);

#ifdef __cplusplus
}
#endif
#endif
