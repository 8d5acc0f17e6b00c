/* SPDX-License-Identifier: MIT */
/* Layer normalisation in a layer (Ba, Kiros, Hinton 2016): each product of a gate, n numbers, goes through
 *
 *   LN(x; g) = g * (x - mean(x)) / sqrt(variance(x) + 1e-5)
 *
 * and its biases are added afterwards. Blocks of n numbers, in this order: the input's products in the order of the gates'
 * blocks, those of the hidden state in the order of the tensors, an LSTM's cell. So many numbers a row has
 *
 *   normed     x before the gain, for backward; at every step
 *   inverse    1 / sqrt(...), one for each block
 *   d_normed   gradients of the products, of one block of steps; of an LSTM's cell that of the normalised one
 *
 * The gates are computed and turned into gradients in their own place as ever; a bias' gradient is what lies there, a product's
 * is what comes of it here. Everything but the last two calls does nothing for layers without it. A row's statistics need whole
 * rows: the calls belong into the phases that go by rows. */
#ifndef THALNET_MODULE_NORM_H
#define THALNET_MODULE_NORM_H

#include "module/layer.h"

/* Blocks that are normalised; 0: no layer norm. */
size_t thalnet__norm_blocks(const thalnet__layer *layer);
/* Numbers of a row of the hidden state's products: with layer norm also that of the candidate. */
size_t thalnet__hidden_width(const thalnet__layer *layer);
/* Gains, and for an LSTM the cell's bias, in the prepared block. */
size_t thalnet__norm_prepared(const thalnet__layer *layer);
void thalnet__norm_prepare(const thalnet__layer *layer, const real *parameters, real *prepared);

/* products [rows, gates n] += step->projected, then normalised in place */
void thalnet__norm_input(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__rows products,
                         thalnet__range rows);
/* Blocks [block, block + blocks) of step->hidden, in place. */
void thalnet__norm_hidden(const thalnet__layer *layer, const thalnet__layer_step *step, size_t block, size_t blocks,
                          thalnet__range rows);
/* From the gradients in the gates to those of the products, in d_normed. dy: of the first of the blocks. */
void thalnet__norm_input_gradient(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__range rows);
void thalnet__norm_hidden_gradient(const thalnet__layer *layer, const thalnet__layer_step *step, size_t block,
                                   size_t blocks, thalnet__const_rows dy, thalnet__range rows);

/* The part's columns of the gains' gradients, and of the cell's bias. */
void thalnet__norm_gradients(const thalnet__layer *layer, const thalnet__layer_sum *sum, thalnet__part part);

/* LSTM with layer norm. Normalises the cell into the last block of the gates; returns the bias that belongs to it. */
const real *thalnet__norm_cell(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__range rows);
/* Where backward puts the gradient of the normalised cell; and from there to that of the cell, into the same block. */
thalnet__rows thalnet__norm_cell_side(const thalnet__layer *layer, const thalnet__layer_step *step,
                                      thalnet__range rows);
void thalnet__norm_cell_gradient(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__range rows);

#endif
