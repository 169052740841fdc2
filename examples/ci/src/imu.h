/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver of an inertial sensor, which says where the wand points.
 *
 * On a board, it would read the sensor over I2C, a hundred times per second. This one is a stub: it
 * takes readings from the serial port, where a test plays a recording. Only imu.c has to change for
 * a real sensor, and main.c then no longer passes bytes to imu_receive().
 */
#ifndef IMU_H
#define IMU_H

#include <stdbool.h>
#include <stdint.h>

/* Where the wand points: to the right and upwards, in units of the sensor. */
typedef struct {
    int8_t x, y;
} imu_reading;

/* Takes a byte from the serial port. */
void imu_receive(uint8_t byte);

/* Whether there is a new reading since the last call; if so, it is in *reading. */
bool imu_read(imu_reading *reading);

#endif
